/** `npm run screenshot`: draws the picture of the weekly page in the README again, from the demo. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openBrowser } from './support/product/browser.ts';
import { waitFor } from './support/product/process.ts';
import { startProduct, temporaryFolder } from './support/product/standalone.ts';

const file = fileURLToPath(new URL('../docs/images/weekly-page.png', import.meta.url));
const bytesMax = 400_000;
const width = 1200;

using folder = temporaryFolder();
await using demo = await startProduct({ dataDir: folder.path, program: ['npm', 'run', 'demo'] });
await waitFor(() => demo.output().includes('company is complete'), {
  what: 'a complete demo',
  deadlineMs: 15 * 60_000,
});

const browser = await openBrowser();
try {
  const page = await browser.newPage({ viewport: { width, height: 1000 }, colorScheme: 'light' });
  await page.goto(`${demo.url}/?weeks=53`);
  const numbers = page.getByRole('list', { name: 'The numbers' }).locator('> li');
  const lastInPicture = await numbers.nth(2).boundingBox();
  if (lastInPicture === null) throw new Error('The page shows no numbers.');
  const height = Math.ceil(lastInPicture.y + lastInPicture.height + 12);
  const picture = await page.screenshot({ clip: { x: 0, y: 0, width, height }, fullPage: true });
  if (picture.length > bytesMax)
    throw new Error(`The picture has ${picture.length} bytes, more than ${bytesMax}.`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, picture);
  process.stdout.write(`${file}: ${picture.length} bytes\n`);
} finally {
  await browser.close();
}
