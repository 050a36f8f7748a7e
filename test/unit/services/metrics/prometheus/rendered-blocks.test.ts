import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Blocks } from '../../../../../services/metrics/prometheus/rendered-blocks.ts';

interface Member {
  readonly name: string;
  readonly value: number;
}

/** Two texts; members with an odd value have nothing in the second. */
const render = (members: readonly Member[]): string[] => [
  members.map(({ name, value }) => `${name} ${value}\n`).join(''),
  members.flatMap(({ name, value }) => (value % 2 === 0 ? [`${name}\n`] : [])).join(''),
];

const change = fc.record({ index: fc.nat(40), value: fc.nat(3), isRemoved: fc.boolean() });

test('blocks give the texts of all members at once, whatever was rendered before', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(40), fc.array(change, { maxLength: 10 }), async (count, changes) => {
      const blocks = new Blocks(render);
      const members = Array.from({ length: count }, (_, i): Member => ({ name: `s${i}`, value: i }));
      for (const { index, value, isRemoved } of changes) {
        if (isRemoved) members.splice(index, 1);
        else members[Math.min(index, members.length)] = { name: `s${index}`, value };
        const parts = await blocks.of(members, async () => {});
        const texts = parts.map(each => Buffer.concat(each).toString());
        expect(texts).toEqual(members.length === 0 ? [] : render(members));
      }
    }),
  );
});
