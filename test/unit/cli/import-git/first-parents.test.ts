import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CommitWithParents, firstParentHistory } from '../../../../cli/import-git/first-parents.ts';

/** Commits by number, oldest first; parents have smaller numbers. */
type Graph = readonly { readonly parents: readonly number[]; readonly authored: number }[];

const graphs: fc.Arbitrary<Graph> = fc
  .array(fc.tuple(fc.array(fc.nat(), { maxLength: 3 }), fc.nat(1000)), { minLength: 1, maxLength: 25 })
  .map(commits =>
    commits.map(([parents, authored], number) => ({
      authored,
      parents: number === 0 ? [] : [...new Set(parents.map(parent => parent % number))],
    })),
  );

const sha = (number: number) => number.toString(16).padStart(7, '0').repeat(6).slice(0, 40);

describe('firstParentHistory', () => {
  test('agrees with a brute-force implementation of the definition for any history', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, fc.nat(), async (graph, anyTip) => {
        const tip = anyTip % graph.length;
        const mainline = firstParents(graph, tip);
        const all = new Set(graph.map((_, number) => sha(number)));
        const history = await firstParentHistory(childrenFirst(graph), sha(tip), all, all);

        const onBranch = ancestors(graph, tip);
        expect(history.commits).toBe(onBranch.size);
        expect(history.mergedMs).toEqual(mainline.map(number => number * 1000));
        const broughtIn = mainline.map((number, position) => {
          const before = mainline[position - 1];
          return ancestors(graph, number).difference(
            before === undefined ? new Set() : ancestors(graph, before),
          );
        });
        expect(history.createdMs).toEqual(
          broughtIn.map(numbers => 1000 * Math.min(...[...numbers].map(n => graph[n]?.authored ?? 0))),
        );
        for (const number of graph.keys()) {
          const position = broughtIn.findIndex(numbers => numbers.has(number));
          expect(history.positionOf(sha(number))).toBe(position === -1 ? null : position);
          const withSelf = ancestors(graph, number);
          const base = mainline.findLastIndex(candidate => withSelf.has(candidate));
          expect(history.tagged.get(sha(number))?.position).toBe(base === -1 ? null : base);
        }
      }),
    );
  });

  test('has no position for an abbreviation of several commits', async () => {
    const commits: CommitWithParents[] = [
      { sha: `abcdef12${'0'.repeat(32)}`, parents: [`abcdef13${'0'.repeat(32)}`], authored: 2, committed: 2 },
      { sha: `abcdef13${'0'.repeat(32)}`, parents: [], authored: 1, committed: 1 },
    ];
    const history = await firstParentHistory(
      commits,
      commits[0]?.sha ?? '',
      new Set(),
      new Set(['abcdef1', 'abcdef13']),
    );
    expect(history.positionOf('abcdef1')).toBeNull();
    expect(history.positionOf('abcdef13')).toBe(0);
    expect(history.positionOf('abcdef12')).toBe(1);
    expect(history.positionOf('fffffff')).toBeNull();
  });
});

function childrenFirst(graph: Graph): CommitWithParents[] {
  return graph
    .map(({ parents, authored }, number) => ({
      sha: sha(number),
      parents: parents.map(sha),
      authored,
      committed: number,
    }))
    .toReversed();
}

function firstParents(graph: Graph, tip: number): number[] {
  const parent = graph[tip]?.parents[0];
  return parent === undefined ? [tip] : [...firstParents(graph, parent), tip];
}

function ancestors(graph: Graph, number: number): Set<number> {
  return (graph[number]?.parents ?? []).reduce(
    (all, parent) => all.union(ancestors(graph, parent)),
    new Set([number]),
  );
}
