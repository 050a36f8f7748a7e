import type { MainlineCommit } from './events.ts';
import type { CommitWithParents } from './first-parents.ts';
import type { Git } from './git.ts';
import type { Repository } from './repository.ts';
import { type RevertMessage, revertedIn } from './reverts.ts';
import type { ReleaseTag } from './tags.ts';

/** All commits of the branch and of the tags, children before their parents. */
export async function* commitsWithParents(
  { git, tip }: Repository,
  tags: readonly ReleaseTag[],
): AsyncGenerator<CommitWithParents> {
  const tips = [tip, ...tags.map(tag => tag.commit)].map(sha => `${sha}\n`).join('');
  for await (const record of git.records(
    ['log', '-z', '--topo-order', '--format=%H %at %ct %P', '--stdin'],
    tips,
  )) {
    const [sha = '', authored = '', committed = '', ...parents] = record.split(' ');
    yield {
      sha,
      authored: Number(authored),
      committed: Number(committed),
      parents: parents.filter(parent => parent !== ''),
    };
  }
}

/** The commits of the branch that revert others according to their messages. */
export async function revertMessages({ git, tip }: Repository): Promise<RevertMessage[]> {
  const messages: RevertMessage[] = [];
  const args = ['log', '-z', '--fixed-strings', '--regexp-ignore-case', '--grep=this reverts commit'];
  for await (const record of git.records([...args, '--format=%H%n%B', tip])) {
    const [sha = ''] = record.split('\n', 1);
    const reverted = revertedIn(record.slice(sha.length));
    if (reverted.length > 0) messages.push({ sha, reverted });
  }
  return messages;
}

/** The newest `count` first-parent commits of the branch, oldest first. */
export async function* mainlineCommits(
  { git, tip }: { readonly git: Git; readonly tip: string },
  count: number,
): AsyncGenerator<MainlineCommit> {
  const args = ['log', '-z', '--first-parent', '--reverse', `--max-count=${count}`, '--format=%H %s', tip];
  for await (const record of git.records(args)) {
    const space = record.indexOf(' ');
    yield { sha: record.slice(0, space), subject: record.slice(space + 1) };
  }
}
