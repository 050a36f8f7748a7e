import { expect, test } from 'vitest';
import { exitStatus } from '../../../../cli/client/failure.ts';
import { refusal } from '../../../../cli/client/refusal.ts';

const target = new URL('http://127.0.0.1:8080/v1/events');

test('a refusal has the title and detail of the problem, and a line for each fault', () => {
  const problem = {
    title: 'Bad Request',
    detail: 'Nothing was stored.',
    errors: [
      { item: 2, field: 'weight', detail: 'must be number' },
      { item: 3, field: '', detail: 'must be object' },
    ],
  };
  const refused = refusal(target, 400, JSON.stringify(problem));
  expect(refused.message).toBe(
    [
      'The server refused it: 400 Bad Request: Nothing was stored.',
      '  item 2: weight must be number',
      '  item 3: must be object',
    ].join('\n'),
  );
  expect(refused.status).toBe(exitStatus.refused);
});

test('an answer that is no problem shows its status only', () => {
  expect(refusal(target, 502, '<html>Bad gateway</html>').message).toBe('The server refused it: 502');
});

test('a missing token is explained', () => {
  expect(refusal(target, 401, '{}').message).toContain('--token or FIRSTLIGHT_TOKEN');
});

test('a success with an unexpected status asks to check the URL', () => {
  expect(refusal(target, 200, 'hello').message).toBe(
    'http://127.0.0.1:8080/v1/events answered 200 where a Firstlight server answers 202: check --url.',
  );
});
