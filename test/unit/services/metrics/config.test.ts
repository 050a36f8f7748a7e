import { expect, test } from 'vitest';
import { ConfigError } from '../../../../platform/process/config.ts';
import { readMetricsConfig } from '../../../../services/metrics/config.ts';

test('anyone may read, and weeks are those of UTC, unless the settings say otherwise', () => {
  expect(readMetricsConfig({})).toEqual({ readToken: undefined, timezone: 'UTC' });
  expect(readMetricsConfig({ READ_TOKEN: 's3cret', WEEK_TIMEZONE: 'Asia/Kathmandu' })).toEqual({
    readToken: 's3cret',
    timezone: 'Asia/Kathmandu',
  });
});

test('all problems are named at once, never with a secret', () => {
  const read = () => readMetricsConfig({ READ_TOKEN: 'two words', WEEK_TIMEZONE: 'Europe/Atlantis' });
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(/READ_TOKEN must be printable ASCII[\s\S]*WEEK_TIMEZONE must be the IANA name/);
  expect(read).not.toThrow('two words');
});
