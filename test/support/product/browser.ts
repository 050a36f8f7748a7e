import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Debian's Chromium without a window. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = places.find(existsSync);
  if (executablePath === undefined)
    throw new Error('The tests of the pages need Chromium: apt-get install chromium');
  // Its sandbox asks for more than a container may do; it opens nothing but our own pages here.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

export interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly string[];
}

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What axe-core calls serious or critical on a page that was opened with `bypassCSP`. */
export async function seriousViolations(page: Page): Promise<Violation[]> {
  await page.addScriptTag({ path: axe });
  return page.evaluate(async () => {
    interface Found {
      violations: { id: string; impact: string; nodes: { html: string }[] }[];
    }
    const { axe: found } = globalThis as unknown as { axe: { run(): Promise<Found> } };
    const { violations } = await found.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.slice(0, 3).map(node => node.html) }));
  });
}
