/** Names that work waits for until the spec opens them. */
export class Gates {
  private readonly gates = new Map<string, { opened: Promise<void>; open: () => void }>();
  /** Who has come to a gate, and who has gone through. */
  readonly begun: string[] = [];
  readonly ended: string[] = [];

  async pass(name: string): Promise<string> {
    this.begun.push(name);
    await this.gate(name).opened;
    this.ended.push(name);
    return name;
  }

  open(name: string): void {
    this.gate(name).open();
  }

  private gate(name: string) {
    let gate = this.gates.get(name);
    if (!gate) {
      let open: () => void = () => undefined;
      const opened = new Promise<void>((resolve) => (open = resolve));
      this.gates.set(name, (gate = { opened, open }));
    }
    return gate;
  }
}
