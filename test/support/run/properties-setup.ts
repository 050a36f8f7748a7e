/** For the properties that leave something to fast-check. */
import fc from 'fast-check';
import { keepsDatabases } from '../databases/keep.ts';
import { runs } from './properties.ts';

// A database that is kept shows the first history that failed, not the last that was tried to make it smaller.
fc.configureGlobal({ numRuns: runs(100), endOnFailure: keepsDatabases });
