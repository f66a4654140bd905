import { BlockList, isIP } from 'node:net';

/** How many addresses have their result cached. */
const REMEMBERED = 1_000;

/** The addresses and ranges of `bypass.ips`. */
export class BypassAddresses {
  private readonly list = new BlockList();
  private readonly known = new Map<string, boolean>();

  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const { address, prefix, family } = rangeOf(entry);
      this.list.addSubnet(address, prefix, family);
    }
  }

  has(address: string | undefined): boolean {
    if (address === undefined) {
      return false;
    }
    let answer = this.known.get(address);
    if (answer === undefined) {
      const family = isIP(address);
      // the zone of an IPv6 address names a link of this machine, not the client
      const plain = address.replace(/%.*$/, '');
      answer = family !== 0 && this.list.check(plain, family === 6 ? 'ipv6' : 'ipv4');
      if (this.known.size >= REMEMBERED) {
        this.known.clear();
      }
      this.known.set(address, answer);
    }
    return answer;
  }
}

/** An entry of `ips`: a single address is a range of one, an IPv4-mapped one counts as IPv4. */
function rangeOf(entry: string): { address: string; prefix: number; family: 'ipv4' | 'ipv6' } {
  const [address = '', length] = entry.split('/');
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined && Number(length ?? 128) >= 96) {
    return { address: mapped, prefix: Number(length ?? 128) - 96, family: 'ipv4' };
  }
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  return { address, prefix: Number(length ?? (family === 'ipv6' ? 128 : 32)), family };
}
