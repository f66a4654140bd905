import { BlockList, isIP } from 'node:net';

/** How many addresses have their result cached. */
const REMEMBERED = 1_000;
/** Longer ones are not cached: no address is, without its zone, and behind a trusted proxy clients can invent others. */
const LONGEST_REMEMBERED = 45;

/** Created when addresses are configured: few applications have any. */
let mapped: BlockList | undefined;

/** The addresses and ranges of `bypass.ips`. */
export class BypassAddresses {
  /** By family: `::/0` is all of IPv6, and Node would take every IPv4 address for a part of it. */
  private readonly lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  private readonly known = new Map<string, boolean>();

  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const { address, prefix, type, family } = rangeOf(entry);
      this.lists[family].addSubnet(address, prefix, type);
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
    const plain = withoutZone(address);
    if (family === 0) {
      return false;
    }
    const type = family === 6 ? 'ipv6' : 'ipv4';
    return this.lists[isMapped(plain, type) ? 'ipv4' : type].check(plain, type);
  }
}

/** An entry of `ips`: a single address is a range of one, and IPv4-mapped ones stand for IPv4, however they are written. */
function rangeOf(entry: string): { address: string; prefix: number; type: Family; family: Family } {
  const [written = '', length] = entry.split('/');
  const address = withoutZone(written);
  const type = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  const prefix = Number(length ?? (type === 'ipv6' ? 128 : 32));
  const isIpv4 = type === 'ipv6' && prefix >= 96 && isMapped(address, type);
  return { address, prefix, type, family: isIpv4 ? 'ipv4' : type };
}

type Family = 'ipv4' | 'ipv6';

/** Whether it is an IPv4 address as a server sees it that listens to both families. */
function isMapped(address: string, type: Family): boolean {
  if (!mapped) {
    mapped = new BlockList();
    mapped.addSubnet('::ffff:0:0', 96, 'ipv6');
  }
  return mapped.check(address, type);
}

/** The zone of an IPv6 address names a link of this machine, not the client. */
const withoutZone = (address: string): string => address.replace(/%.*$/, '');
