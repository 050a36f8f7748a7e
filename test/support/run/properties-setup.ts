/** Defaults for the property tests. */
import fc from 'fast-check';
import { keepsDatabases } from '../databases/keep.ts';
import { runs } from './properties.ts';

// With KEEP_DATABASES, the database must show the first failing history and not a smaller one that was tried later.
fc.configureGlobal({ numRuns: runs(100), endOnFailure: keepsDatabases });
