/** File descriptor on which a command may report how far it is, line by line. */
export const PROGRESS_DESCRIPTOR = 3;

/** Messages to the guardian. */
export type ToGuardian =
  | {
      readonly type: 'start';
      readonly command: readonly string[];
      readonly env: Readonly<Record<string, string>>;
    }
  /** The lease was renewed: when to ask the child to end without another renewal, and when to kill it; on the monotonic clock. */
  | { readonly type: 'lease'; readonly term: number; readonly kill: number }
  | { readonly type: 'signal'; readonly signal: NodeJS.Signals }
  /** Ask the child to end, and kill it after so many ms. */
  | { readonly type: 'end'; readonly grace: number };

/** Messages from the guardian. */
export type FromGuardian =
  | { readonly type: 'started'; readonly pid: number }
  | { readonly type: 'failed'; readonly message: string }
  /** The child has written this to its file descriptor for progress. */
  | { readonly type: 'progress'; readonly line: string }
  /** It has begun to end the child without being asked, because the lease was not renewed. */
  | { readonly type: 'ending' }
  /** The child is gone, and so is everything of its group that we have ended. */
  | { readonly type: 'exited'; readonly code: number | null; readonly signal: NodeJS.Signals | null };
