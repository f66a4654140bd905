/** What the server writes into the browser script. */
export interface ScriptSettings {
  /** Where the script itself is served, should the browser not tell. */
  readonly script: string;
  /** Other routes that are not beside it: the exclusions of a global prefix may name one of them only. */
  readonly ping?: string;
  readonly events?: string;
  /** Texts of its own in the visitor's language; absent where they are English. */
  readonly texts?: { readonly on: string; readonly close: string };
  /** The application says who is who, so that only the server knows a visitor's place. Default `false`. */
  readonly asks?: true;
}

/** The same, where there is a gateway. */
export interface SocketScriptSettings extends ScriptSettings {
  /** What the script connects to; `null`: the origin it came from. */
  readonly url: string | null;
  readonly path: string;
  readonly namespace: string;
}
