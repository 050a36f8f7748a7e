/** A commit as the walk needs it; times are seconds since 1970 as git prints them. */
export interface CommitWithParents {
  readonly sha: string;
  readonly parents: readonly string[];
  readonly authored: number;
  readonly committed: number;
}

/** What the walk finds. Positions count the first-parent commits of the branch from 0, the oldest. */
export interface History {
  /** All commits that the branch holds. */
  readonly commits: number;
  /** By position: the commit time of the first-parent commit, milliseconds. */
  readonly mergedMs: readonly number[];
  /** By position: the earliest author time among the commits that it brought in, milliseconds. */
  readonly createdMs: readonly number[];
  /** For each tagged commit asked for: its own time, and the position of its newest first-parent ancestor or itself. */
  readonly tagged: ReadonlyMap<string, { readonly committedMs: number; readonly position: number | null }>;
  /** For each SHA or abbreviation asked for: the position of the first-parent commit that brought it in. */
  readonly positionOf: (sha: string) => number | null;
}

const outside = -1;
/** Abbreviations of SHAs are looked up by this many digits, the fewest that count. */
const shortest = 7;

interface Named {
  readonly sha: string;
  readonly depth: number;
  readonly mainline: boolean;
}

/**
 * One pass over the commits of the branch and of the tags, children before their parents (`--topo-order`).
 *
 * Depths count first-parent commits from the tip, so a greater depth is older. A commit off the first-parent line was
 * brought in by the deepest first-parent commit that reaches it; since all its children come before it, that is known
 * when it is met. Only commits that are named by a child but not met yet are kept by SHA; for the rest, numbers.
 *
 * @param tip SHA of the branch's newest commit
 * @param taggedShas full SHAs of the tagged commits
 * @param wanted full or abbreviated SHAs that `positionOf` will be asked for; awaited at the first commit
 */
export async function firstParentHistory(
  commits: AsyncIterable<CommitWithParents> | Iterable<CommitWithParents>,
  tip: string,
  taggedShas: ReadonlySet<string>,
  wanted: ReadonlySet<string> | Promise<ReadonlySet<string>>,
): Promise<History> {
  let wantedShort: ReadonlySet<string> | undefined;
  const named = new Map<string, Named[]>();
  const tagged = new Map<string, { node: number; committedMs: number }>();

  // By node, in the order of the first mention.
  const depthOf: number[] = [];
  const onMainline: boolean[] = [];
  const parentsOf: number[][] = [];
  const met: number[] = [];
  const pending = new Map<string, number>();
  const nodeOf = (sha: string): number => {
    let node = pending.get(sha);
    if (node === undefined) {
      node = depthOf.push(outside) - 1;
      pending.set(sha, node);
    }
    return node;
  };

  // By depth.
  const mergedMs: number[] = [];
  const createdMs: number[] = [];
  let commitCount = 0;

  const root = nodeOf(tip);
  depthOf[root] = 0;
  onMainline[root] = true;

  for await (const { sha, parents, authored, committed } of commits) {
    wantedShort ??= new Set([...(await wanted)].map(sha => sha.slice(0, shortest)));
    const node = nodeOf(sha);
    pending.delete(sha);
    met.push(node);
    const parentNodes = parents.map(nodeOf);
    parentsOf[node] = parentNodes;
    if (taggedShas.has(sha)) tagged.set(sha, { node, committedMs: committed * 1000 });

    const depth = depthOf[node] ?? outside;
    if (depth === outside) continue;
    commitCount += 1;
    const mainline = onMainline[node] ?? false;
    if (mainline) mergedMs[depth] = committed * 1000;
    createdMs[depth] = Math.min(createdMs[depth] ?? Number.POSITIVE_INFINITY, authored * 1000);

    const short = sha.slice(0, shortest);
    if (wantedShort.has(short)) named.set(short, [...(named.get(short) ?? []), { sha, depth, mainline }]);

    parentNodes.forEach((parent, index) => {
      if (mainline && index === 0) {
        depthOf[parent] = depth + 1;
        onMainline[parent] = true;
      } else if (!onMainline[parent]) {
        depthOf[parent] = Math.max(depthOf[parent] ?? outside, depth);
      }
    });
  }

  const last = mergedMs.length - 1;
  const bases = mainlineBases(met, parentsOf, node =>
    onMainline[node] ? last - (depthOf[node] ?? 0) : outside,
  );
  return {
    commits: commitCount,
    mergedMs: mergedMs.reverse(),
    createdMs: createdMs.reverse(),
    tagged: new Map(
      [...tagged].map(([sha, { node, committedMs }]) => {
        const base = bases[node] ?? outside;
        return [sha, { committedMs, position: base === outside ? null : base }];
      }),
    ),
    positionOf: sha => {
      const depth = depthNamed(named.get(sha.slice(0, shortest)) ?? [], sha);
      return depth === null ? null : last - depth;
    },
  };
}

/** For each node the newest position among its ancestors and itself; parents are looked at first. */
function mainlineBases(
  met: readonly number[],
  parentsOf: readonly (readonly number[] | undefined)[],
  positionOf: (node: number) => number,
): number[] {
  const bases: number[] = [];
  for (const node of met.toReversed()) {
    const own = positionOf(node);
    bases[node] =
      own === outside
        ? (parentsOf[node] ?? []).reduce(
            (newest, parent) => Math.max(newest, bases[parent] ?? outside),
            outside,
          )
        : own;
  }
  return bases;
}

/** An abbreviation must mean one first-parent commit, or else one other commit. */
function depthNamed(candidates: readonly Named[], sha: string): number | null {
  const matching = candidates.filter(candidate => candidate.sha.startsWith(sha));
  const mainline = matching.filter(candidate => candidate.mainline);
  const choice = mainline.length > 0 ? mainline : matching;
  const [only] = choice;
  return choice.length === 1 && only !== undefined ? only.depth : null;
}
