import { readFileSync } from 'node:fs';

/** Resident memory of a process now and at its peak, in megabytes (10^6 bytes), from Linux's `/proc/<pid>/status`. */
export function resident(pid: number): { readonly now: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name: string) =>
    (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024) / 1e6;
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') };
}
