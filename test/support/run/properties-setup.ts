/** For the properties that leave `numRuns` to fast-check. */
import fc from 'fast-check';
import { runs } from './properties.ts';

fc.configureGlobal({ numRuns: runs(100) });
