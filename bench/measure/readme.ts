import type { Answer } from './measure.ts';

const begin = '| question | value | baseline | ratio | goal | met |\n|---|---|---|---|---|---|\n';

/** The text of README.md with its table replaced by one of these answers. */
export function withTable(readme: string, answers: readonly Answer[]): string {
  const from = readme.indexOf(begin);
  if (from === -1) throw new Error('bench/README.md has lost the head of its table of figures');
  const to = readme.indexOf('\n\n', from);
  return readme.slice(0, from) + begin + answers.map(rowOf).join('\n') + readme.slice(to);
}

function rowOf({ question, value, unit, baseline, ratio, goal, met }: Answer): string {
  const figure = (of: number | null) => (of === null ? '–' : `${formatFigure(of)} ${unit}`);
  const verdict = met === null ? '–' : met ? 'yes' : '**no**';
  return `| ${[question, figure(value), figure(baseline), ratio ?? '–', goal || '–', verdict].join(' | ')} |`;
}

/** `12,340`; figures below a thousand stay as they are. */
const formatFigure = (figure: number): string =>
  Math.abs(figure) < 1_000 ? String(figure) : figure.toLocaleString('en-US', { maximumFractionDigits: 0 });
