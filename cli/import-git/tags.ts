import { InvalidArgumentError } from 'commander';
import type { Git } from './git.ts';
import type { Notes } from './notes.ts';

/** A tag that marks a release. */
export interface ReleaseTag {
  readonly name: string;
  /** The SHA of its commit; an annotated tag is followed to it. */
  readonly commit: string;
  /** When an annotated tag was created, in milliseconds; null for a lightweight tag. */
  readonly taggedMs: number | null;
}

/** Decides which tags are releases. */
export interface TagPattern {
  /** A description for the user. */
  readonly text: string;
  /** The reason why a tag is not a release; null if it is one. */
  readonly rejection: (tag: string) => string | null;
}

const core = String.raw`v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)`;
const identifiers = String.raw`[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*`;
const release = new RegExp(String.raw`^${core}(\+${identifiers})?$`);
const preRelease = new RegExp(String.raw`^${core}-${identifiers}(\+${identifiers})?$`);

/**
 * Semantic versions, with or without a leading `v`, except pre-releases.
 * @see https://semver.org/spec/v2.0.0.html
 */
export const semanticVersions: TagPattern = {
  text: 'semantic versions',
  rejection: tag => {
    if (release.test(tag)) return null;
    return preRelease.test(tag) ? 'pre-releases' : 'tags that are no semantic version';
  },
};

/** Parses `/regex/flags`, or a glob in which `*` is any text and `?` any character. */
export function parseTagPattern(text: string): TagPattern {
  const pattern = regexOf(text);
  return {
    text,
    rejection: tag => {
      pattern.lastIndex = 0; // with the flags g and y, the search would begin after the last match
      return pattern.test(tag) ? null : `tags that do not match ${text}`;
    },
  };
}

function regexOf(text: string): RegExp {
  const written = /^\/(.+)\/([a-z]*)$/s.exec(text);
  if (written === null) {
    const escaped = text.replace(/[.+^${}()|[\]\\/-]/g, String.raw`\$&`);
    return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');
  }
  try {
    return new RegExp(written[1] ?? '', written[2] ?? '');
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? `${error.message}.` : String(error));
  }
}

/** The tags of the repository that are releases. Each other tag gets a note. */
export async function releaseTags(git: Git, pattern: TagPattern, notes: Notes): Promise<ReleaseTag[]> {
  const found: { name: string; taggedMs: number | null }[] = [];
  const format = '--format=%(refname)%00%(objecttype)%00%(taggerdate:unix)%00';
  const fields = git.records(['for-each-ref', format, 'refs/tags']);
  // for-each-ref also ends each line with a line feed, which then precedes the next name.
  for (;;) {
    const [ref, type, tagger] = [await next(fields), await next(fields), await next(fields)];
    if (ref === null || type === null || tagger === null) break;
    const name = ref.trimStart().replace('refs/tags/', '');
    const rejection = pattern.rejection(name);
    if (rejection !== null) notes.add(`${rejection}, left out`, name);
    // Some old annotated tags have no date.
    else found.push({ name, taggedMs: type === 'tag' && tagger !== '' ? Number(tagger) * 1000 : null });
  }

  const commits = await commitsOf(
    git,
    found.map(tag => tag.name),
  );
  return found.flatMap(({ name, taggedMs }, index) => {
    const commit = commits[index] ?? null;
    if (commit !== null) return [{ name, taggedMs, commit }];
    notes.add('tags that point at no commit, left out', name);
    return [];
  });
}

async function next(records: AsyncGenerator<string>): Promise<string | null> {
  const { value, done } = await records.next();
  return done ? null : value;
}

/** The commits of the tags, in the same order, also through tags of tags; null for a tag of another object. */
async function commitsOf(git: Git, tags: readonly string[]): Promise<(string | null)[]> {
  const input = tags.map(tag => `refs/tags/${tag}^{commit}\n`).join('');
  let output = '';
  for await (const record of git.records(['cat-file', '--batch-check=%(objectname) %(objecttype)'], input))
    output += record;
  return output
    .split('\n')
    .slice(0, tags.length)
    .map(line => /^([0-9a-f]+) commit$/.exec(line)?.[1] ?? null);
}
