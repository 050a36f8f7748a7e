/**
 * How much code does one event pass, from HTTP to its printed line; and a webhook, a receipt, a scrape?
 * `npm run walk` prints the files and lines of each, `npm run walk -- --list` the files of each by folder;
 * `--checkout FOLDER` measures another checkout.
 *
 * V8 counts the calls of every function in the standalone run on PGlite. A function belongs to an action when it runs in
 * each of six rounds, so that a timer that fires meanwhile does not count. A file belongs to it when one of its
 * functions does. Migrations and libraries are left out; so is the top level of a module, which runs at the start.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { actionsOn, warmUp } from './actions.ts';
import { common, type Footprint, filesOf, footprintOf, merged } from './footprint.ts';
import { printFiles, printTable, type Walk } from './print.ts';
import { Product } from './product.ts';

const { values } = parseArgs({
  options: { checkout: { type: 'string', default: '.' }, list: { type: 'boolean', default: false } },
});
const rounds = 6;
/** Moves the rounds against the timers of whole seconds. */
const shiftMs = 170;
const root = pathToFileURL(`${values.checkout}/`);

const product = await Product.start(values.checkout);
const walks: Walk[] = [];
try {
  await warmUp(product);
  await product.inspector.startCoverage();
  for (const { name, prepare, steps } of actionsOn(product)) {
    const footprints = steps.map((): Footprint[] => []);
    // The first round warms up.
    for (let round = 0; round <= rounds; round++) {
      await sleep(round * shiftMs);
      await prepare();
      await product.inspector.takeCoverage();
      for (const [index, { run }] of steps.entries()) {
        await run();
        const footprint = footprintOf(await product.inspector.takeCoverage());
        if (round > 0) footprints[index]?.push(footprint);
      }
    }
    const ofSteps = footprints.map(common);
    walks.push({ name, files: filesOf(merged(ofSteps), root) });
    if (steps.length > 1)
      for (const [index, step] of steps.entries())
        walks.push({ name: `… ${step.name}`, files: filesOf(ofSteps[index] ?? new Map(), root) });
  }
} finally {
  await product.stop();
}
printTable(walks);
if (values.list) for (const walk of walks) printFiles(walk);
