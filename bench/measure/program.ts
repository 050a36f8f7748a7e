import { fork } from 'node:child_process';
import type { Answer } from './measure.ts';

/**
 * Runs the program of a question in a process of its own, so that one does not slow the next.
 * @param cwd folder of the checkout that the program belongs to
 */
export function ask(program: string | URL, cwd = '.'): Promise<readonly Answer[]> {
  const child = fork(program, {
    cwd,
    execArgv: ['--disable-warning=TimeoutNegativeWarning', '--expose-gc'],
  });
  let answers: readonly Answer[] = [];
  child.on('message', message => {
    answers = message as readonly Answer[];
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', code => {
      if (code === 0) resolve(answers);
      else reject(new Error(`${program} ended with ${code}`));
    });
  });
}
