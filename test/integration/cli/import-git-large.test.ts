import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { readImport } from '../../../cli/import-git/read.ts';
import { requestsAtOnce, type Sink, sendImport } from '../../../cli/import-git/send.ts';
import { semanticVersions } from '../../../cli/import-git/tags.ts';
import { firstlightWithin } from './firstlight.ts';
import { startReceiver } from './receiver.ts';
import { testRepository } from './repositories.ts';

const commits = 20_000;
const releaseEvery = 1_250;
const startSeconds = Date.UTC(2020, 0, 1) / 1000;

test('a repository with 20,000 commits is imported within a small heap, in requests of at most 2,000 events', async () => {
  using repository = testRepository('large');
  await using receiver = await startReceiver();
  execFileSync('git', ['fast-import', '--quiet'], { cwd: repository.path, input: history() });

  const { status, stdout, stderr } = await firstlightWithin(48, [
    ...['import', 'git', repository.path, '--url', receiver.url],
  ]);
  expect(stderr).toContain(`${commits} of ${commits} commits`);
  expect(status).toBe(0);
  expect(stdout).toContain(`changes      ${commits}`);
  expect(stdout).toContain(`releases     ${commits / releaseEvery}`);
  for (const { body } of receiver.requests) expect(body.split('\n').length - 1).toBeLessThanOrEqual(2000);

  const named = receiver.events.flatMap(event =>
    event.type === 'change_exposed' ? [{ rollout: event.rollout, names: event.changes?.length ?? 0 }] : [],
  );
  expect(named.slice(0, 4)).toEqual([
    { rollout: 'v0.1.0', names: 1 },
    { rollout: 'v0.2.0', names: 500 },
    { rollout: 'v0.2.0', names: 500 },
    { rollout: 'v0.2.0', names: 250 },
  ]);
  const merged = receiver.events.filter(event => event.type === 'change_merged');
  expect(merged).toHaveLength(commits);
});

test('several requests are under way at once, and the first failure ends the import', async () => {
  using repository = testRepository('large');
  execFileSync('git', ['fast-import', '--quiet'], { cwd: repository.path, input: history() });
  const read = await readImport({
    path: repository.path,
    branch: undefined,
    service: undefined,
    environment: 'production',
    team: undefined,
    tags: semanticVersions,
    reverts: true,
    sinceMs: undefined,
    nowMs: Date.now(),
  });
  const progress = { update: () => {}, stop: () => {} };
  const { requests } = await sendImport(read, async () => {}, progress);

  let begun = 0;
  let most = 0;
  const underWay: (() => void)[] = [];
  // A server that answers the oldest request only when no further request can come.
  const slow: Sink = async () => {
    begun += 1;
    const { promise, resolve } = Promise.withResolvers<void>();
    underWay.push(resolve);
    most = Math.max(most, underWay.length);
    if (begun === requests) for (const answer of underWay.splice(0)) answer();
    else if (underWay.length === requestsAtOnce) underWay.shift()?.();
    await promise;
  };
  await sendImport(read, slow, progress);
  expect(begun).toBe(requests);
  expect(most).toBe(requestsAtOnce);

  begun = 0;
  const refusing: Sink = async () => {
    begun += 1;
    if (begun === 3) throw new Error('refused');
  };
  await expect(sendImport(read, refusing, progress)).rejects.toThrow('refused');
  expect(begun).toBeLessThan(3 + requestsAtOnce);
});

/** A linear history with regular releases, in the format of `git fast-import`. */
function history(): string {
  const lines: string[] = [];
  for (let number = 1; number <= commits; number++) {
    const message = `Commit ${number}`;
    lines.push(
      'commit refs/heads/main',
      `mark :${number}`,
      `committer Committer <committer@example.com> ${startSeconds + number * 600} +0000`,
      `data ${message.length}`,
      message,
      ...(number > 1 ? [`from :${number - 1}`] : []),
      '',
    );
    if (number % releaseEvery === 0)
      lines.push(`reset refs/tags/v0.${number / releaseEvery}.0`, `from :${number}`, '');
  }
  return lines.join('\n');
}
