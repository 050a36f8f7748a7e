import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EventOf, EventType, SentEvent } from '../../../domain/events/event.ts';
import { firstlight } from './firstlight.ts';
import { type Answer, type Receiver, startReceiver } from './receiver.ts';
import { gitIn, type TestRepository, temporaryFolder, testRepository } from './repositories.ts';

/** Noon of a day in January 2026. */
const day = (number: number) => `2026-01-${String(number).padStart(2, '0')}T12:00:00Z`;
const sentDay = (number: number) => day(number).replace('Z', '.000Z');

describe('firstlight import git', () => {
  const answers: Answer[] = [];
  let receiver: Receiver;
  let repository: TestRepository;

  beforeEach(async () => {
    answers.length = 0;
    receiver = await startReceiver(answers);
    repository = testRepository();
  });
  afterEach(async () => {
    repository[Symbol.dispose]();
    await receiver[Symbol.asyncDispose]();
  });

  const importGit = (path = repository.path, ...options: string[]) =>
    firstlight(['import', 'git', path, '--url', receiver.url, ...options]);
  function sent<T extends EventType>(type: T): Extract<SentEvent, { type: T }>[] {
    return receiver.events.filter((event): event is EventOf<T> => event.type === type);
  }
  const releases = () => sent('change_exposed').map(({ rollout, changes }) => [rollout, changes]);

  test('imports the commits of a squash history as changes, and each tag as a rollout of the commits since the previous tag', async () => {
    const first = repository.commit('First', day(1));
    repository.tag('v1.0.0');
    const second = repository.commit('Second', day(3), day(2));
    const third = repository.commit('Third', day(4));
    repository.annotatedTag('v1.1.0', day(6));
    const unreleased = repository.commit('Fourth', day(7));

    const { status, stdout } = await importGit(repository.path, '--team', 'shop');
    expect(status).toBe(0);
    expect(sent('change_created')[1]).toEqual({
      type: 'change_created',
      id: `created:${second}`,
      source: 'git:checkout',
      service: 'checkout',
      team: 'shop',
      change: second,
      title: 'Second',
      time: sentDay(2),
    } satisfies SentEvent);
    expect(sent('change_merged').map(({ change, time }) => [change, time])).toEqual([
      [first, sentDay(1)],
      [second, sentDay(3)],
      [third, sentDay(4)],
      [unreleased, sentDay(7)],
    ]);
    expect(sent('change_exposed')).toEqual([
      expect.objectContaining({ rollout: 'v1.0.0', changes: [first], time: sentDay(1) }),
      {
        type: 'change_exposed',
        id: 'exposed:production:v1.1.0#1',
        source: 'git:checkout',
        service: 'checkout',
        team: 'shop',
        environment: 'production',
        rollout: 'v1.1.0',
        strategy: 'direct',
        changes: [second, third],
        time: sentDay(6),
      } satisfies SentEvent,
    ]);
    expect(stdout).toContain('changes      4, of them rework 0');
    expect(stdout).toContain('releases     2, of them rolled back 0');
    expect(stdout).toContain(`See ${receiver.url}/`);
  });

  test('sends a change before the rollout that names it', async () => {
    for (let number = 1; number <= 9; number++) {
      repository.commit(`Commit ${number}`, day(number));
      repository.tag(`${number}.0.0`);
    }
    await importGit();
    const seen = new Set<string>();
    for (const event of receiver.events) {
      if (event.type === 'change_merged') seen.add(event.change);
      if (event.type === 'change_exposed')
        for (const change of event.changes ?? []) expect(seen).toContain(change);
    }
    expect(releases()).toHaveLength(9);
  });

  test('imports a merge as one change, which is created with its oldest commit', async () => {
    repository.commit('First', day(1));
    repository.git('checkout', '--quiet', '-b', 'feature');
    const side = repository.commit('On the side', day(3), day(2));
    repository.commit('More on the side', day(4));
    repository.git('checkout', '--quiet', 'main');
    repository.commit('Meanwhile', day(5));
    const merge = repository.merge('feature', 'Merge feature', day(6));

    await importGit();
    expect(sent('change_merged').map(event => event.change)).not.toContain(side);
    const about = receiver.events.filter(event => 'change' in event && event.change === merge);
    expect(about.map(({ type, time }) => [type, time])).toEqual([
      ['change_created', sentDay(2)],
      ['change_merged', sentDay(6)],
    ]);
  });

  test('changes nothing when it runs again', async () => {
    const bad = repository.commit('Bad', day(1));
    repository.tag('v1.0.0');
    repository.commit(`Revert\n\nThis reverts commit ${bad}.`, day(2));
    repository.tag('v1.0.1');
    const first = await importGit();
    const bodies = receiver.requests.map(request => request.body);
    const second = await importGit();
    expect(second.stdout).toBe(first.stdout);
    expect(receiver.requests.slice(bodies.length).map(request => request.body)).toEqual(bodies);
    expect(receiver.conflicts).toEqual([]);
  });

  test('leaves out pre-releases, backports and tags without new commits, and lists them', async () => {
    repository.commit('First', day(1));
    repository.tag('v1.0.0');
    repository.commit('Second', day(2));
    repository.tag('v2.0.0-rc.1');
    const third = repository.commit('Third', day(3));
    repository.annotatedTag('v2.0.0', day(4));
    repository.annotatedTag('v2.0.0+rebuilt', day(5));
    repository.git('checkout', '--quiet', '-b', 'release-1', 'v1.0.0');
    repository.commit('Backported fix', day(6));
    repository.tag('v1.0.1');
    repository.git('checkout', '--quiet', 'main');
    repository.tag('nightly');

    const { stdout } = await importGit();
    expect(releases().map(([rollout]) => rollout)).toEqual(['v1.0.0', 'v2.0.0']);
    expect(sent('change_exposed')[1]?.changes).toContain(third);
    expect(stdout).toContain('Pre-releases, left out: 1 (v2.0.0-rc.1)');
    expect(stdout).toContain('no semantic version, left out: 1 (nightly)');
    expect(stdout).toContain('without new commits on the branch, left out: 1 (v2.0.0+rebuilt after v2.0.0)');
    expect(stdout).toContain('(backports), left out: 1 (v1.0.1 after v2.0.0)');
  });

  test('imports a tag on a release branch as one on the commit where the branch began', async () => {
    const first = repository.commit('First', day(1));
    repository.tag('v1.0.0');
    const second = repository.commit('Second', day(2));
    repository.git('checkout', '--quiet', '-b', 'release-2');
    repository.commit('Set the version', day(4));
    repository.tag('v2.0.0');
    repository.git('checkout', '--quiet', 'main');
    repository.commit('Third', day(3));

    await importGit();
    expect(releases()).toEqual([
      ['v1.0.0', [first]],
      ['v2.0.0', [second]],
    ]);
    expect(sent('change_exposed')[1]?.time).toBe(sentDay(4));
  });

  test('leaves out a tag that shares no history with the branch, and one that points at no commit', async () => {
    const first = repository.commit('First', day(1));
    repository.tag('v1.0.0');
    repository.git('tag', 'v9.0.0', `${first}^{tree}`);
    repository.git('checkout', '--quiet', '--orphan', 'elsewhere');
    repository.commit('Another beginning', day(2));
    repository.tag('v5.0.0');
    repository.git('checkout', '--quiet', 'main');

    const { stdout } = await importGit();
    expect(releases()).toEqual([['v1.0.0', [first]]]);
    expect(stdout).toContain('share no history with the branch, left out: 1 (v5.0.0)');
    expect(stdout).toContain('point at no commit, left out: 1 (v9.0.0)');
  });

  test('exposes nothing before it was merged, or in the future', async () => {
    repository.commit('First', day(3));
    repository.annotatedTag('v1.0.0', day(1));
    repository.commit('Second', day(4));
    repository.annotatedTag('v2.0.0', '2099-01-01T00:00:00Z');

    const { status, stdout } = await importGit();
    expect(status).toBe(0);
    expect(sent('change_exposed').map(event => event.time)).toEqual([sentDay(3)]);
    expect(stdout).toContain('dated in the future, left out: 1 (v2.0.0)');
  });

  test('lists what is too old to send, and counts commit times that go backwards', async () => {
    repository.commit('Ancient', '1999-01-01T00:00:00Z');
    repository.tag('v0.1.0');
    repository.commit('Late', day(5));
    repository.commit('Early', day(4));
    const { status, stdout } = await importGit();
    expect(status).toBe(0);
    expect(sent('change_merged').map(event => event.title)).toEqual(['Late', 'Early']);
    expect(stdout).toContain('Commits from before the year 2000, which cannot be sent, left out: 1');
    expect(stdout).toContain('Tags from before the year 2000, which cannot be sent, left out: 1 (v0.1.0)');
    expect(stdout).toContain('Commit times go backwards at 1 commits');
  });

  describe('reverts', () => {
    test('mark the rollout that carried the reverted change as rolled back', async () => {
      repository.commit('First', day(1));
      repository.tag('v1.0.0');
      const bad = repository.commit('Bad', day(2));
      repository.tag('v1.1.0');
      const revert = repository.commit(`Revert "Bad"\n\nThis reverts commit ${bad}.`, day(3));
      repository.annotatedTag('v1.1.1', day(4));

      const { stdout } = await importGit();
      expect(sent('change_rolled_back')).toEqual([
        {
          type: 'change_rolled_back',
          id: `rolled_back:production:v1.1.0:${revert}`,
          source: 'git:checkout',
          service: 'checkout',
          environment: 'production',
          rollout: 'v1.1.0',
          cause: 'manual',
          reason: `${bad} was reverted by ${revert}`,
          time: sentDay(4),
        } satisfies SentEvent,
      ]);
      expect(sent('change_merged').filter(event => event.rework)).toMatchObject([{ change: revert }]);
      expect(stdout).toContain('rework 1');
      expect(stdout).toContain('rolled back 1');
    });

    test('may abbreviate the commit', async () => {
      const bad = repository.commit('Bad', day(1));
      repository.tag('v1.0.0');
      repository.commit(`Undo\n\nThis reverts commit ${bad.slice(0, 7)}`, day(2));
      repository.tag('v1.0.1');
      await importGit();
      expect(sent('change_rolled_back')).toMatchObject([{ rollout: 'v1.0.0' }]);
    });

    test('within one release do not mark a rollout', async () => {
      repository.commit('First', day(1));
      repository.tag('v1.0.0');
      const bad = repository.commit('Bad', day(2));
      const revert = repository.commit(`Revert\n\nThis reverts commit ${bad}.`, day(3));
      repository.tag('v1.1.0');
      const { stdout } = await importGit();
      expect(sent('change_rolled_back')).toEqual([]);
      expect(stdout).toContain(`within one release, which mark no rollout: 1 (${revert.slice(0, 10)})`);
    });

    test('of a merge, or of a commit in one, and from a pull request, are found', async () => {
      repository.commit('First', day(1));
      repository.tag('v1.0.0');
      repository.git('checkout', '--quiet', '-b', 'feature');
      const side = repository.commit('On the side', day(2));
      repository.git('checkout', '--quiet', 'main');
      const merge = repository.merge('feature', 'Merge feature', day(3));
      repository.tag('v1.1.0');
      repository.git('checkout', '--quiet', '-b', 'revert');
      repository.commit(`Revert\n\nThis reverts commit ${side}.`, day(4));
      repository.git('checkout', '--quiet', 'main');
      const mergedRevert = repository.merge('revert', 'Merge revert', day(5));
      repository.tag('v1.1.1');
      repository.commit(
        `Revert\n\nThis reverts commit ${mergedRevert}, reversing\nchanges made to ${merge}.`,
        day(6),
      );
      repository.tag('v1.1.2');

      await importGit();
      expect(sent('change_rolled_back').map(({ rollout, time }) => [rollout, time])).toEqual([
        ['v1.1.0', sentDay(5)],
        ['v1.1.1', sentDay(6)],
      ]);
      expect(sent('change_merged').filter(event => event.rework)).toHaveLength(2);
    });

    test('of commits that are not on the branch are listed', async () => {
      repository.commit(`Revert\n\nThis reverts commit ${'0123456789'.repeat(4)}.`, day(1));
      const { stdout } = await importGit();
      expect(sent('change_merged')[0]).not.toHaveProperty('rework');
      expect(stdout).toContain('not on the branch, not counted: 1');
    });

    test('are ordinary changes with --no-reverts', async () => {
      const bad = repository.commit('Bad', day(1));
      repository.tag('v1.0.0');
      repository.commit(`Revert\n\nThis reverts commit ${bad}.`, day(2));
      repository.tag('v1.0.1');
      await importGit(repository.path, '--no-reverts');
      expect(sent('change_rolled_back')).toEqual([]);
      expect(sent('change_merged').filter(event => event.rework)).toEqual([]);
    });
  });

  describe('repositories', () => {
    test('may be bare, a git directory, or a folder of a clone, which has the name of its origin', async () => {
      repository.commit('First', day(1));
      using folder = temporaryFolder();
      gitIn(folder.path, ['clone', '--quiet', '--bare', repository.path, 'shop.git']);
      gitIn(folder.path, ['clone', '--quiet', repository.path, 'a-clone']);
      const service = async (path: string) =>
        /(?:Would import) (\S+)/.exec((await importGit(path, '--dry-run')).stdout)?.[1];
      expect(await service(join(repository.path, '.git'))).toBe('checkout');
      expect(await service(join(folder.path, 'a-clone'))).toBe('checkout');
      gitIn(join(folder.path, 'shop.git'), ['remote', 'remove', 'origin']);
      expect(await service(join(folder.path, 'shop.git'))).toBe('shop');
    });

    test('may be shallow, and the summary says so', async () => {
      for (let number = 1; number <= 5; number++) repository.commit(`Commit ${number}`, day(number));
      repository.tag('v1.0.0');
      using folder = temporaryFolder();
      const origin = pathToFileURL(repository.path).href;
      gitIn(folder.path, ['clone', '--quiet', '--depth=2', origin, 'shallow']);
      const { status, stdout } = await importGit(join(folder.path, 'shallow'));
      expect(status).toBe(0);
      expect(sent('change_merged')).toHaveLength(2);
      expect(releases()).toHaveLength(1);
      expect(stdout).toContain('The clone is shallow');
    });

    test('may have no release tags: its changes are imported', async () => {
      repository.commit('First', day(1));
      const { status, stdout } = await importGit();
      expect(status).toBe(0);
      expect(sent('change_merged')).toHaveLength(1);
      expect(stdout).toContain('No tag is a release');
      expect(stdout).toContain('--tags');
    });

    test('are those of the path, even in a git hook, which sets GIT_DIR for another one', async () => {
      repository.commit('First', day(1));
      using other = testRepository('other');
      const { status, stdout } = await firstlight(['import', 'git', repository.path, '--dry-run'], {
        GIT_DIR: join(other.path, '.git'),
      });
      expect(status).toBe(0);
      expect(stdout).toContain('Would import checkout');
    });

    test('without commits get one clear sentence', async () => {
      const { status, stderr } = await importGit();
      expect(status).toBe(2);
      expect(stderr).toContain('has no commits on its default branch');
    });

    test('that do not exist get one clear sentence', async () => {
      using folder = temporaryFolder();
      const none = await importGit(folder.path);
      expect(none.status).toBe(2);
      expect(none.stderr).toContain(`${folder.path} is not a git repository`);
      const missing = await importGit(join(folder.path, 'missing'));
      expect(missing.status).toBe(2);
      expect(missing.stderr).toContain('is no folder that can be read');
      repository.commit('First', day(1));
      mkdirSync(join(repository.path, 'part'));
      const part = await importGit(join(repository.path, 'part'));
      expect(part.status).toBe(2);
      expect(part.stderr).toContain("name the repository's own folder");
      expect(receiver.requests).toEqual([]);
    });

    test('are read from their default branch, or from the one of --branch', async () => {
      repository.commit('First', day(1));
      repository.git('checkout', '--quiet', '-b', 'develop');
      repository.commit('Second', day(2));
      expect((await importGit(repository.path, '--dry-run')).stdout).toContain('(branch main)');
      const named = await importGit(repository.path, '--dry-run', '--branch', 'develop');
      expect(named.stdout).toContain('(branch develop)');
      expect(named.stdout).toContain('changes      2');
      const missing = await importGit(repository.path, '--branch', '-x');
      expect(missing.status).toBe(2);
    });
  });

  test('takes the service, environment and release tags from its options', async () => {
    const first = repository.commit('First', day(1));
    repository.tag('release/7');
    await importGit(repository.path, '--service', 'shop', '--environment', 'staging', '--tags', 'release/*');
    expect(sent('change_exposed')).toMatchObject([
      { service: 'shop', environment: 'staging', rollout: 'release/7', changes: [first], source: 'git:shop' },
    ]);
  });

  test('refuses names that the server would refuse, before it sends anything', async () => {
    repository.commit('First', day(1));
    const { status, stderr } = await importGit(repository.path, '--environment', '');
    expect(status).toBe(2);
    expect(stderr).toContain('--environment must not be empty');
    expect(receiver.requests).toEqual([]);
  });

  test('leaves out what was released before --since', async () => {
    repository.commit('First', day(1));
    repository.tag('v1.0.0');
    const second = repository.commit('Second', day(2));
    const third = repository.commit('Third', day(5));
    repository.tag('v2.0.0');
    const { stdout } = await importGit(repository.path, '--since', '2026-01-04');
    expect(sent('change_merged').map(event => event.change)).toEqual([second, third]);
    expect(releases()).toEqual([['v2.0.0', [second, third]]]);
    expect(stdout).toContain('from before --since, left out: 1 (v1.0.0)');
  });

  test('sends nothing with --dry-run, and shows what it would send', async () => {
    const first = repository.commit('Say "hello"\tto everyone 🚀', day(1));
    const { status, stdout } = await importGit(repository.path, '--dry-run');
    expect(status).toBe(0);
    expect(receiver.requests).toEqual([]);
    expect(JSON.parse(stdout.split('\n')[0] ?? '')).toMatchObject({
      type: 'change_created',
      change: first,
      title: 'Say "hello" to everyone 🚀',
    });
    expect(stdout).toContain('Nothing was sent');
  });

  test('retries with the same bytes when the server is unavailable', async () => {
    repository.commit('First', day(1));
    answers.push({ status: 503, headers: { 'retry-after': '0' } });
    expect((await importGit()).status).toBe(0);
    expect(receiver.requests[0]?.body).toBe(receiver.requests[1]?.body);
  });

  test('ends with status 1 when the server refuses, and shows the refused events', async () => {
    const first = repository.commit('First', day(1));
    const errors = [{ item: 1, field: 'service', detail: 'may not be written with this token' }];
    answers.push({ status: 403, body: JSON.stringify({ title: 'Forbidden', errors }) });
    const { status, stderr } = await importGit();
    expect(status).toBe(1);
    expect(stderr).toContain('item 1: service may not be written with this token');
    expect(stderr).toContain(`item 1 is {"type":"change_merged","id":"merged:${first}"`);
  });
});
