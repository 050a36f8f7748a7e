import { expect, test } from 'vitest';
import { endpoint } from '../../../../cli/client/server.ts';

test.each([
  ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/v1/events'],
  ['https://example.com/firstlight', 'https://example.com/firstlight/v1/events'],
  ['https://example.com/firstlight/', 'https://example.com/firstlight/v1/events'],
])('the path of %s is kept', (url, target) => {
  expect(endpoint(new URL(url), 'v1/events').href).toBe(target);
});
