import { hash } from 'node:crypto';
import { chance, pick } from './dice.ts';

/** A made-up history; the same options give the same commits. */
export interface RepositoryOptions {
  /** Commits of the branch, with those of the merged branches. */
  readonly commits: number;
  /** Share of the changes that come as a merge of one to four commits; the others are one commit each. */
  readonly mergedShare: number;
  /** When the newest release was made, seconds since 1970. */
  readonly until: number;
}

const minute = 60;
const hour = 60 * minute;
/** Length of the history. */
const span = 6 * 365 * 24 * hour;
const authors = 200;
const changesPerRelease = 25;
const revertedShare = 0.01;
/** A revert names one of so many changes before it. */
const revertedWithin = 60;

/** All commits are without files: neither `git log` nor the import reads any. */
const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

interface Made {
  readonly mark: number;
  readonly sha: string;
}

/**
 * The input of `git fast-import`: a branch `main` of merged and of squashed pull requests,
 * an annotated tag `v1.N.0` at every 25th change, and now and then a revert.
 * @see https://git-scm.com/docs/git-fast-import
 */
export function* fastImport({ commits, mergedShare, until }: RepositoryOptions): Generator<string> {
  const changes: Made[] = [];
  let tip: Made | undefined;
  for (let mark = 0; mark < commits; ) {
    const seed = `${mark}`;
    const at = until - 2 * hour - Math.floor(span * (1 - mark / commits));
    let head = tip;
    const own = tip !== undefined && chance('merged', seed, mergedShare) ? 1 + pick('own', seed, 4) : 0;
    for (let part = 0; part < own; part++) {
      const { text, made } = commit(++mark, { message: messageOf(`${seed}/${part}`), at, parents: [head] });
      yield text;
      head = made;
    }
    const reverted = chance('reverts', seed, revertedShare)
      ? changes.at(-1 - pick('reverted', seed, revertedWithin))
      : undefined;
    const message = reverted === undefined ? messageOf(seed) : revertOf(reverted);
    const parents = own === 0 ? [tip] : [tip, head];
    const { text, made } = commit(++mark, { message, at: at + minute, parents });
    yield text;
    tip = made;
    changes.push(made);
    if (changes.length % changesPerRelease === 0)
      yield `tag v1.${changes.length / changesPerRelease}.0\nfrom :${tip.mark}\n` +
        `tagger Release <release@example.com> ${at + hour} +0000\n${data('Release\n')}`;
  }
  if (tip !== undefined) yield `reset refs/heads/main\nfrom :${tip.mark}\n\n`;
}

interface Wanted {
  readonly message: string;
  /** Seconds since 1970. */
  readonly at: number;
  readonly parents: readonly (Made | undefined)[];
}

/** The SHA is computed here, so that a later revert can name it. */
function commit(mark: number, { message, at, parents }: Wanted): { text: string; made: Made } {
  const author = pick('author', `${mark}`, authors);
  const person = `Author ${author} <author-${author}@example.com>`;
  const people =
    `author ${person} ${at - pick('age', `${mark}`, 48 * hour)} +0000\n` +
    `committer ${person} ${at} +0000\n`;
  const known = parents.filter(parent => parent !== undefined);
  const object = `tree ${emptyTree}\n${known.map(({ sha }) => `parent ${sha}\n`).join('')}${people}\n${message}`;
  const named = known.map((parent, index) => `${index === 0 ? 'from' : 'merge'} :${parent.mark}\n`);
  return {
    text: `commit refs/heads/main\nmark :${mark}\n${people}${data(message)}${named.join('')}\n`,
    made: { mark, sha: hash('sha1', `commit ${Buffer.byteLength(object)}\0${object}`) },
  };
}

const words =
  'add remove move check read write page order price tax cart user address limit cache test'.split(' ');

/** A subject and two short paragraphs. */
function messageOf(seed: string): string {
  const phrase = (name: string, count: number) =>
    Array.from({ length: count }, (_, index) => words[pick(seed, `${name} ${index}`, words.length)]).join(
      ' ',
    );
  const issue = pick(seed, 'number', 100_000);
  return `${phrase('subject', 6)} (#${issue})\n\n${phrase('why', 12)}\n${phrase('how', 12)}\n\nCloses: #${issue}\n`;
}

const revertOf = ({ sha }: Made) => `Revert "a change"\n\nThis reverts commit ${sha}.\n`;

const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;
