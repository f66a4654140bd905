import { BlockList, isIP } from 'node:net';

/** How many addresses have their result cached. */
const REMEMBERED = 1_000;
/** Longer ones are not cached: no address is, without its zone, and behind a trusted proxy clients can invent others. */
const LONGEST_REMEMBERED = 45;

/** IPv4 addresses as a server sees them that listens to both families. */
const MAPPED = new BlockList();
MAPPED.addSubnet('::ffff:0:0', 96, 'ipv6');

/** The addresses and ranges of `bypass.ips`. */
export class BypassAddresses {
  /** By family: `::/0` is all of IPv6, and Node would take every IPv4 address for a part of it. */
  private readonly lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  private readonly known = new Map<string, boolean>();

  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const { address, prefix, family } = rangeOf(entry);
      this.lists[family].addSubnet(address, prefix, family);
    }
  }

  has(address: string | undefined): boolean {
    if (address === undefined) {
      return false;
    }
    let answer = this.known.get(address);
    if (answer === undefined) {
      answer = this.check(address);
      if (address.length <= LONGEST_REMEMBERED) {
        if (this.known.size >= REMEMBERED) {
          this.known.clear();
        }
        // a copy: a part of a long header would keep all of it in memory
        this.known.set(Buffer.from(address).toString(), answer);
      }
    }
    return answer;
  }

  private check(address: string): boolean {
    const family = isIP(address);
    // the zone of an IPv6 address names a link of this machine, not the client
    const plain = address.replace(/%.*$/, '');
    if (family === 0) {
      return false;
    }
    const type = family === 6 ? 'ipv6' : 'ipv4';
    return this.lists[MAPPED.check(plain, type) ? 'ipv4' : type].check(plain, type);
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
