/** A commit; times are in seconds since 1970, as git prints them. */
export interface CommitWithParents {
  readonly sha: string;
  readonly parents: readonly string[];
  readonly authored: number;
  readonly committed: number;
}

/** The history of a branch. A position is the index of a first-parent commit; the oldest has position 0. */
export interface History {
  /** The number of all commits of the branch. */
  readonly commits: number;
  /** By position: the commit time of the first-parent commit, milliseconds. */
  readonly mergedMs: readonly number[];
  /** By position: the earliest author time among the commits that it brought in, milliseconds. */
  readonly createdMs: readonly number[];
  /** For each tagged commit: its time, and the position of the newest first-parent commit among it and its ancestors. */
  readonly tagged: ReadonlyMap<string, { readonly committedMs: number; readonly position: number | null }>;
  /** The position of the first-parent commit that brought in one of the wanted SHAs or abbreviations. */
  readonly positionOf: (sha: string) => number | null;
}

/** The depth or position of a commit that is not on the branch. */
const outside = -1;
/** The fewest digits of an abbreviated SHA; the lookup is by this many digits. */
const shortestSha = 7;

interface Candidate {
  readonly sha: string;
  readonly depth: number;
  readonly mainline: boolean;
}

/**
 * Reads the history in one pass over the commits of the branch and of the tags, children before their parents
 * (`--topo-order`).
 *
 * The depth of a first-parent commit is its distance from the tip, so a greater depth is older. Every other commit was
 * brought in by the deepest first-parent commit that reaches it; all children of a commit come before it, so its depth
 * is known when it comes. To save memory, only the SHAs of expected parents are kept; other commits are numbers.
 *
 * @param tip SHA of the branch's newest commit
 * @param taggedShas full SHAs of the tagged commits
 * @param wanted full or abbreviated SHAs that the caller will pass to `positionOf`; awaited at the first commit
 */
export async function firstParentHistory(
  commits: AsyncIterable<CommitWithParents> | Iterable<CommitWithParents>,
  tip: string,
  taggedShas: ReadonlySet<string>,
  wanted: ReadonlySet<string> | Promise<ReadonlySet<string>>,
): Promise<History> {
  let wantedShort: ReadonlySet<string> | undefined;
  const candidates = new Map<string, Candidate[]>();
  const tagged = new Map<string, { node: number; committedMs: number }>();

  // By node. A node is the number of a commit, in the order of their first mention.
  const depthOf: number[] = [];
  const onMainline: boolean[] = [];
  const parentsOf: number[][] = [];
  const visited: number[] = [];
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
    wantedShort ??= new Set([...(await wanted)].map(sha => sha.slice(0, shortestSha)));
    const node = nodeOf(sha);
    pending.delete(sha);
    visited.push(node);
    const parentNodes = parents.map(nodeOf);
    parentsOf[node] = parentNodes;
    if (taggedShas.has(sha)) tagged.set(sha, { node, committedMs: committed * 1000 });

    const depth = depthOf[node] ?? outside;
    if (depth === outside) continue;
    commitCount += 1;
    const mainline = onMainline[node] ?? false;
    if (mainline) mergedMs[depth] = committed * 1000;
    createdMs[depth] = Math.min(createdMs[depth] ?? Number.POSITIVE_INFINITY, authored * 1000);

    const short = sha.slice(0, shortestSha);
    if (wantedShort.has(short))
      candidates.set(short, [...(candidates.get(short) ?? []), { sha, depth, mainline }]);

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
  const bases = mainlineBases(visited, parentsOf, node =>
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
      const depth = depthOfOnly(candidates.get(sha.slice(0, shortestSha)) ?? [], sha);
      return depth === null ? null : last - depth;
    },
  };
}

/** For each node, the newest position among it and its ancestors. Parents are computed before their children. */
function mainlineBases(
  visited: readonly number[],
  parentsOf: readonly (readonly number[] | undefined)[],
  positionOf: (node: number) => number,
): number[] {
  const bases: number[] = [];
  for (const node of visited.toReversed()) {
    const position = positionOf(node);
    bases[node] =
      position === outside
        ? (parentsOf[node] ?? []).reduce(
            (newest, parent) => Math.max(newest, bases[parent] ?? outside),
            outside,
          )
        : position;
  }
  return bases;
}

/** The depth of the only first-parent commit with this SHA or abbreviation, else of the only other commit; else null. */
function depthOfOnly(candidates: readonly Candidate[], sha: string): number | null {
  const matching = candidates.filter(candidate => candidate.sha.startsWith(sha));
  const mainline = matching.filter(candidate => candidate.mainline);
  const choice = mainline.length > 0 ? mainline : matching;
  const [only] = choice;
  return choice.length === 1 && only !== undefined ? only.depth : null;
}
