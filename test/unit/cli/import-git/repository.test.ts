import { expect, test } from 'vitest';
import { nameOfUrl } from '../../../../cli/import-git/repository.ts';

test.each([
  ['git@example.com:shop/checkout.git', 'checkout'],
  ['https://example.com/shop/checkout/', 'checkout'],
  ['/srv/git/checkout.git', 'checkout'],
  ['host:checkout', 'checkout'],
])('the name of the origin %s is %s', (url, name) => {
  expect(nameOfUrl(url)).toBe(name);
});
