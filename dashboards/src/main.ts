/** Writes the dashboards' files. `FIRSTLIGHT_URL` is the address of the weekly page and the receipts. */
import { writeFileSync } from 'node:fs';
import { dashboardFiles, defaultUrl } from './all.ts';

const url = (process.env['FIRSTLIGHT_URL'] ?? defaultUrl).replace(/\/+$/, '');
for (const [name, text] of dashboardFiles(url))
  writeFileSync(new URL(`../grafana/dashboards/${name}`, import.meta.url), text);
