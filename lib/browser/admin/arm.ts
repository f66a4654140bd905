/** Milliseconds until a button that has just appeared can be pressed: longer than between two presses of one double click. */
const ARMED_AFTER = 700;

const timers = new WeakMap<HTMLButtonElement, ReturnType<typeof setTimeout>>();

/** Keeps a press that was meant for what stood there before from reaching this button. */
export function armLate(button: HTMLButtonElement): void {
  clearTimeout(timers.get(button));
  button.disabled = true;
  timers.set(
    button,
    setTimeout(() => arm(button), ARMED_AFTER),
  );
}

/** Somebody has read what stands there: they have begun to fill it in. */
export function arm(button: HTMLButtonElement): void {
  clearTimeout(timers.get(button));
  timers.delete(button);
  button.disabled = false;
}

export function disarm(button: HTMLButtonElement): void {
  clearTimeout(timers.get(button));
  timers.delete(button);
  button.disabled = true;
}

/** A key that is held down says nothing that its first press has not said. */
export function ignoreHeldKeys(): void {
  document.addEventListener(
    'keydown',
    (event) => {
      if (event.repeat && event.key === 'Enter' && !(event.target instanceof HTMLTextAreaElement)) {
        event.preventDefault();
      }
    },
    { capture: true },
  );
}
