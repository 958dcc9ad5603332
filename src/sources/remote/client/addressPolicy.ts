/**
 * Which addresses a source may be reached at. Private, loopback, link-local and all other special ranges are refused unless the
 * configuration allows them, so that an address in a source's definition cannot be made to speak to what stands behind our firewall.
 */
import ipaddr from 'ipaddr.js';

export interface AddressPolicy {
  /** Undefined where allowed; else why not. For our log: an address is not told to callers. */
  refusal(host: string, address: string): string | undefined;
}

/** @param allow `10.0.0.0/8`, `::1/128`, one address, or the name of a host that may resolve to any address */
export function addressPolicy(allow: readonly string[]): AddressPolicy {
  const blocks: [ipaddr.IPv4 | ipaddr.IPv6, number][] = [];
  const hosts = new Set<string>();
  for (const entry of allow) {
    if (ipaddr.isValidCIDR(entry)) blocks.push(ipaddr.parseCIDR(entry));
    else if (isAddress(entry)) {
      const address = ipaddr.parse(entry);
      blocks.push([address, address.kind() === 'ipv4' ? 32 : 128]);
    } else hosts.add(entry.toLowerCase());
  }
  return {
    refusal(host, text) {
      if (hosts.has(host.toLowerCase())) return undefined;
      if (!isAddress(text)) return `${text} is not an address`;
      // ::ffff:10.0.0.1 is 10.0.0.1.
      const address = ipaddr.process(text);
      if (blocks.some(([block, bits]) => block.kind() === address.kind() && address.match(block, bits))) return undefined;
      const range = address.range();
      return range === 'unicast' ? undefined : `${text} is in the range ${range}`;
    },
  };
}

/** Undefined where the entry is a CIDR, an address or a host name. */
export function allowEntryProblem(entry: string): string | undefined {
  if (ipaddr.isValidCIDR(entry) || isAddress(entry)) return undefined;
  if (entry.includes('/') || /^[\d.]+$/.test(entry)) return `${entry} is neither an address nor a range of addresses`;
  return /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(entry) ? undefined : `${entry} is not the name of a host`;
}

/** Without the short and octal forms (`10.1`, `0177.0.0.1`) that inet_aton also reads. */
function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
}
