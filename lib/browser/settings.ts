/** Texts of the browser script. */
export interface ScriptTexts {
  readonly on: string;
  readonly close: string;
  /** `{time}` stands for what is left. */
  readonly inTime: string;
}

/** What the server writes into the browser script. */
export interface ScriptSettings {
  /** Where the script itself is served, in case the browser does not tell. */
  readonly script: string;
  /** Other routes that are not beside it: a global prefix may exclude only one of them. */
  readonly ping?: string;
  readonly events?: string;
  /** Its texts in the visitor's language; absent if they are English. */
  readonly texts?: ScriptTexts;
  /** The application identifies visitors, so only the server knows a visitor's place. Default `false`. */
  readonly asks?: true;
}

/** The same, if there is a gateway. */
export interface SocketScriptSettings extends ScriptSettings {
  /** What the script connects to; `null`: the origin it came from. */
  readonly url: string | null;
  readonly path: string;
  readonly namespace: string;
}
