/** The types of single fields in a stack file, each with an error message that says what to write instead. */
import { z } from "zod";
import { Cidr, isIpv4 } from "./ipv4";
import { Cidr6, isIpv6 } from "./ipv6";
import { isPorts } from "./ports";

export const address = z.string().refine(isIpv4, {
  error: (issue) => `"${String(issue.input)}" is no IPv4 address; write one like 172.16.0.31`,
});

export const anyAddress = z.string().refine((text) => isIpv4(text) || isIpv6(text), {
  error: (issue) => `"${String(issue.input)}" is no IP address; write one like 172.16.0.40 or fd00:16::40`,
});

/**
 * Loopback addresses are refused, because the machines run no DNS server. 127.0.0.53 is what systemd-resolved writes
 * for its own host.
 */
export const nameServer = address.refine((text) => !text.startsWith("127."), {
  error: (issue) =>
    `"${String(issue.input)}" is each machine itself; write what answers your host, see "resolvectl status"`,
});

/**
 * Debian's own mirror. On every mirror the security archive is beside the main one, under the same name with
 * `-security`.
 */
export const debianArchive = "http://deb.debian.org/debian";

/** Only http is accepted: packages are signed, and the image has no certificates for https. */
export const debianMirror = z
  .string()
  .refine((text) => /^http:\/\/[a-z0-9.-]+(:[0-9]+)?(\/[\w.~-]+)+$/i.test(text) && URL.canParse(text), {
    error: (issue) =>
      `"${String(issue.input)}" is no mirror; write one like ${debianArchive}, over http and without a slash at its end`,
  });

/** A network that `make` accepts. `example` is a valid one for the message. */
const networkText = (make: (text: string) => unknown, example: string) =>
  z.string().superRefine((text, context) => {
    try {
      make(text);
    } catch (error) {
      const reason = (error as Error).message;
      const fix = reason.startsWith("has host bits") ? reason : `is no network; write one like ${example}`;
      context.addIssue({ code: "custom", message: `"${text}" ${fix}` });
    }
  });

export const cidr = networkText((text) => new Cidr(text), "172.16.0.0/24");
export const cidr6 = networkText((text) => new Cidr6(text), "fd00:16::/64");

/** A netmask: all its ones come before its zeros. */
export const netmask = z.string().refine(isNetmask, {
  error: (issue) =>
    `"${String(issue.input)}" is no netmask: its ones must come before its zeros; write one like 255.255.255.0`,
});

function isNetmask(text: string): boolean {
  return Array.from({ length: 32 }, (_, index) => new Cidr(`0.0.0.0/${index + 1}`).netmask).includes(text);
}

export const name = z.string().regex(/^(?!site)[a-z]([a-z0-9-]{0,29}[a-z0-9])?$/, {
  error:
    'write a lower-case name of letters, digits and dashes, such as rs1, that does not begin with "site"',
});

/** A whole number from `low` to `high`. `unit` follows the limits in messages. */
export const whole = (low: number, high: number, unit = "") =>
  z
    .int({
      error: (issue) => `${JSON.stringify(issue.input)} is no whole number; write one from ${low} to ${high}`,
    })
    .min(low, {
      error: (issue) => `${String(issue.input)} is too small; write a number from ${low} to ${high}${unit}`,
    })
    .max(high, {
      error: (issue) => `${String(issue.input)} is too large; write a number from ${low} to ${high}${unit}`,
    });

/** The longest time-out in seconds that ipvsadm accepts: 31 days. */
export const longestSeconds = 2_678_400;

/** A port, which YAML reads as a number, or a range of ports such as `20000-20100`. The result is always text. */
export const ports = z
  .custom<number | string>(
    (value) => (typeof value === "number" || typeof value === "string") && isPorts(String(value)),
    {
      error: (issue) =>
        `${JSON.stringify(issue.input)} is neither a port nor a range; write one like 443 or 20000-20100`,
    },
  )
  .transform(String);
