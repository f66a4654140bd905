import type { TestProject } from 'vitest/node';
import { compile } from './build.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the sound replica of the fault machine is. */
    faultsBuild: string;
  }
}

/** Compiles the fault machine for all specs that run it. */
export function setup(project: TestProject): void {
  project.provide('faultsBuild', compile().href);
}
