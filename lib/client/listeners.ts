/** Listeners of an event. */
export interface Listeners<T> {
  /** @returns a function that ends the subscription */
  add(listener: (news: T) => void): () => void;
  tell(news: T): void;
  clear(): void;
}

/** Keeps listeners. */
export function createListeners<T>(): Listeners<T> {
  const listeners = new Set<(news: T) => void>();
  return {
    add(listener) {
      // a separate entry, so that a function subscribed twice is two subscriptions
      const own = (news: T): void => listener(news);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    tell(news) {
      [...listeners].forEach((listener) => {
        try {
          listener(news);
        } catch (error) {
          // the other listeners still run, and the page's error handling gets the error
          setTimeout(() => {
            throw error;
          });
        }
      });
    },
    clear: () => listeners.clear(),
  };
}
