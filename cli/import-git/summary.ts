import type { Import } from './read.ts';
import type { Counts } from './send.ts';

/** The result of an import, in lines for the user. @param page the URL of the weekly page; null after a dry run */
export function summaryOf(read: Import, counts: Counts, page: string | null): string {
  const { repository, plan, notes, outOfOrder } = read;
  const notices = [
    ...(repository.shallow
      ? [
          'The clone is shallow: its oldest commits and releases are not here (git fetch --unshallow brings them).',
        ]
      : []),
    ...(plan.releases.length === 0
      ? ['No tag is a release, so nothing counts as exposed: choose other tags with --tags.']
      : []),
    ...(outOfOrder > 0
      ? [`Commit times go backwards at ${outOfOrder} commits of the branch; they are sent as they are.`]
      : []),
    ...notes.lines().map(line => `${line.charAt(0).toUpperCase()}${line.slice(1)}`),
  ];
  return [
    `${page === null ? 'Would import' : 'Imported'} ${plan.service} (branch ${repository.branch})`,
    `  commits      ${plan.history.commits}`,
    `  changes      ${counts.changes}, of them rework ${counts.rework}`,
    `  releases     ${counts.releases}, of them rolled back ${counts.rolledBack}`,
    `  events       ${counts.events} in ${counts.requests} requests`,
    ...notices,
    page === null ? 'Nothing was sent (--dry-run).' : `See ${page}`,
  ].join('\n');
}
