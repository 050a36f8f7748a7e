import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatTime } from '../../domain/events/time.ts';
import { testRepository } from '../integration/cli/repositories.ts';
import { parseSeries } from '../support/histories/series.ts';
import { shown } from '../support/histories/shown.ts';
import { runShellLine, startProduct, temporaryFolder } from '../support/product/standalone.ts';

const hour = 3_600;
const began = Date.now() - 6 * 24 * hour * 1_000;
/** A time so many hours after the beginning of the history, in whole seconds as in git. */
const at = (hours: number) => formatTime(began + hours * hour * 1_000).replace(/\.\d+Z/, 'Z');

test('the history of a repository gives its numbers, and a second import does not change them', async () => {
  using folder = temporaryFolder();
  using repository = testRepository('checkout');
  repository.commit('Begin', at(0));
  repository.annotatedTag('v1.0.0', at(1));
  repository.commit('Pay by invoice', at(24));
  const bad = repository.commit('Pay by card', at(26));
  repository.annotatedTag('v1.1.0', at(30));
  repository.commit(`Revert "Pay by card"\n\nThis reverts commit ${bad}.`, at(48));
  repository.annotatedTag('v1.1.1', at(51));

  await using product = await startProduct({ dataDir: join(folder.path, 'data') });
  const line = `npx firstlight import git '${repository.path}' --url ${product.url}`;
  const labels = 'environment="production",service="checkout",team="",window="7d"';
  const wanted = {
    [`dora_exposed_changes{${labels}}`]: 3,
    [`dora_rolled_back_changes{containment="escaped",${labels}}`]: 1,
    [`dora_rolled_back_changes{containment="contained",${labels}}`]: 0,
    [`dora_change_failure_ratio{${labels}}`]: 1 / 3,
    [`dora_rework_ratio{${labels}}`]: 1 / 3,
    // Four changes, exposed 1, 6, 4 and 3 hours after they were merged.
    [`dora_lead_time_samples{${labels}}`]: 4,
    [`dora_lead_time_mean_seconds{${labels}}`]: 3.5 * hour,
    [`dora_lead_time_seconds{environment="production",quantile="0.5",service="checkout",team="",window="7d"}`]:
      3 * hour,
    // v1.1.0 served all traffic from its tag to the tag of the release that reverted it.
    [`dora_failed_exposure_seconds{${labels}}`]: 21 * hour,
  };
  const numbers = async () => {
    const series = parseSeries((await product.get('/metrics')).text);
    return Object.fromEntries(Object.keys(wanted).map(key => [key, series.get(key)]));
  };

  const first = await runShellLine(line);
  expect(first.stdout).toContain('releases     3, of them rolled back 1');
  await expect.poll(numbers, { timeout: 10_000 }).toEqual(wanted);

  const accepted = 'firstlight_events_accepted_total{source="events",type="change_exposed"}';
  expect(await shown(product, accepted)).toBe(3);
  const second = await runShellLine(line);
  expect(second.stdout).toBe(first.stdout);
  expect(await shown(product, accepted)).toBe(6);
  expect(await numbers()).toEqual(wanted);
  expect(await shown(product, 'firstlight_findings{reason="conflicting_repeat"}')).toBe(0);
});
