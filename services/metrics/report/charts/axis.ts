import { rate } from '../../web/words.ts';
import type { Metric } from '../headline.ts';

/** The scale along the side of a chart. */
export interface Axis {
  /** The end of the scale, in the metric's unit; it begins at 0. */
  readonly max: number;
  /** From one label to the next, in the metric's unit. */
  readonly step: number;
  readonly label: (value: number) => string;
}

const steps = [1, 2, 2.5, 5, 10];
const units = [
  { seconds: 1, name: 's', steps: [5, 10, 20, 30] },
  { seconds: 60, name: 'min', steps: [1, 2, 5, 10, 20, 30] },
  { seconds: 3_600, name: 'h', steps: [1, 2, 4, 6, 12] },
  { seconds: 86_400, name: 'd', steps: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] },
] as const;

/** An axis of two to five steps, from 0 to the largest value or more. */
export function axisFor({ kind }: Metric, largest: number): Axis {
  switch (kind) {
    case 'ratio': {
      const step = Math.max(0.01, roundStep(Math.max(largest, 0.02) / 3));
      return axis(step, largest, value => `${Math.round(value * 1000) / 10} %`);
    }
    case 'rate': {
      const step = roundStep(Math.max(largest, 0.1) / 3);
      return axis(step, largest, value => (value === 0 ? '0' : rate(value).replace(/\.0+$/, '')));
    }
    case 'median':
      return timeAxis(largest);
  }
}

function timeAxis(largest: number): Axis {
  for (const { seconds, name, steps: sizes } of units) {
    const size = sizes.find(each => each * seconds * 4 >= largest);
    if (size !== undefined)
      return axis(size * seconds, largest, value =>
        value === 0 ? '0' : `${Math.round(value / seconds)} ${name}`,
      );
  }
  const years = 365 * 86_400;
  return axis(Math.ceil(largest / 4 / years) * years, largest, value => `${Math.round(value / years)} y`);
}

function axis(step: number, largest: number, label: Axis['label']): Axis {
  return { step, max: step * Math.max(2, Math.ceil(largest / step - 1e-9)), label };
}

function roundStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw));
  return power * (steps.find(step => step * power >= raw - 1e-12) ?? 10);
}
