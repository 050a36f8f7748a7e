import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { firstlightWithin } from './firstlight.ts';
import { startReceiver } from './receiver.ts';
import { testRepository } from './repositories.ts';

const commits = 20_000;
const releaseEvery = 1_250;
const startSeconds = Date.UTC(2020, 0, 1) / 1000;

test('a repository with 20,000 commits is imported within a small heap, in requests of at most 1,000 events', async () => {
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
  for (const { body } of receiver.requests) expect(body.split('\n').length - 1).toBeLessThanOrEqual(1000);

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

/** A linear history with a release every so often, in the form of `git fast-import`. */
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
