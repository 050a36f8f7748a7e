import { expect, test } from 'vitest';
import { parseMediaType } from '../../../../../../services/collector/sources/parsing/body.ts';

test('a media type is parsed without regard to case; its default charset is utf-8', () => {
  expect(parseMediaType('Application/JSON')).toEqual({ essence: 'application/json', charset: 'utf-8' });
  expect(parseMediaType('text/plain; a=b; CHARSET="ISO-8859-1"')).toEqual({
    essence: 'text/plain',
    charset: 'iso-8859-1',
  });
  expect(parseMediaType('json')).toBeNull();
});
