import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';

const paths = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Starts Debian's Chromium without a window. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = paths.find(existsSync);
  if (executablePath === undefined)
    throw new Error('The tests of the pages need Chromium: apt-get install chromium');
  // Chromium's sandbox needs rights that a container lacks, and the tests open only Firstlight's pages.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

export interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly string[];
}

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** The serious and critical violations that axe-core finds on a page that was opened with `bypassCSP`. */
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
