/** Milliseconds until a button that has just appeared can be pressed: longer than between the presses of a double click. */
const ARMED_AFTER = 700;

const timers = new WeakMap<HTMLButtonElement, ReturnType<typeof setTimeout>>();

/** Keeps a press that was meant for an earlier element at this place from reaching this button. */
export function armLate(button: HTMLButtonElement): void {
  clearTimeout(timers.get(button));
  button.disabled = true;
  timers.set(
    button,
    setTimeout(() => arm(button), ARMED_AFTER),
  );
}

/** The operator has read what is there: they have begun to fill it in. */
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

/** A key that is held down means no more than its first press. */
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
