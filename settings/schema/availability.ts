/** Settings for availability: health checks, the sorry server, and VRRP between two directors. */
import { z } from "zod";
import { address, whole } from "../fields";

/** A number of servers, or a percentage such as `50%`. */
const share = z.custom<number | string>(
  (value) =>
    (typeof value === "number" && Number.isInteger(value) && value >= 0) ||
    (typeof value === "string" && /^(100|[1-9]?[0-9])%$/.test(value)),
  {
    error: (issue) =>
      `${JSON.stringify(issue.input)} is neither a number of servers nor a share of them; write one like 1 or "50%"`,
  },
);

const seconds = (low: number, high: number) =>
  z
    .number({
      error: (issue) => `${JSON.stringify(issue.input)} is no number; write one from ${low} to ${high}`,
    })
    .min(low, {
      error: (issue) => `${String(issue.input)} is too small; write a number from ${low} to ${high}`,
    })
    .max(high, {
      error: (issue) => `${String(issue.input)} is too large; write a number from ${low} to ${high}`,
    });

export const check = z.strictObject({
  type: z
    .enum(["http", "https", "tcp", "script", "none"])
    .optional()
    .describe(
      "How a real server is asked. Default: as the service speaks, http, https or tcp; none for udp and sctp.",
    ),
  path: z
    .string()
    .regex(/^\/\S*$/, { error: "write a path such as /readyz" })
    .default("/readyz")
    .describe("http and https: what is asked for. `/readyz` also tells a real server that lacks its VIP."),
  status: whole(100, 599).default(200).describe("http and https: the status of a good answer."),
  host: z
    .string()
    .regex(/^[a-zA-Z0-9.:[\]-]+$/, { error: "write a host name such as www.example.org" })
    .optional()
    .describe(
      "http and https: the virtual host, for https the server name (SNI) too. Default: the site's own.",
    ),
  script: z
    .string()
    .optional()
    .describe(
      "script: path of a program here, which is copied to the directors and called there with RIP and port; exit status 0 is good.",
    ),
  intervalSeconds: whole(1, 3600).default(2).describe("How often a real server is asked."),
  timeoutSeconds: whole(1, 3600)
    .optional()
    .describe("How long its answer is waited for. Default: `intervalSeconds`."),
  retries: whole(1, 100).default(3).describe("How many misses in a row take it out."),
  onFailure: z
    .enum(["remove", "inhibit"])
    .default("remove")
    .describe("Takes it out of the table, or leaves it there at weight 0 (`inhibit`)."),
  minHealthy: share
    .default(1)
    .describe(
      "http and https: so many real servers, or such a share of them, are not taken out while they still answer at all (`/healthz`): a fault that they share does not empty the pool.",
    ),
});

export const sorryServer = z.strictObject({
  on: z
    .enum(["director", "machine"])
    .default("director")
    .describe("Where the page is: on the directors themselves, or on a machine of its own, `sorry`."),
  address: address.optional().describe("The address of a machine of its own. Default: by the address plan."),
  retryAfterSeconds: whole(1, 86_400).default(30).describe("`Retry-After` of its answer, which is 503."),
});

export const vrrp = z.strictObject({
  advertSeconds: seconds(0.05, 40)
    .default(1)
    .describe(
      "How often the master says that it is there; three missed and a moment make the other one master.",
    ),
  routerId: whole(1, 255)
    .optional()
    .describe("Virtual router identifier (VRID). Default: a number that follows from the stack's name."),
  gateways: z
    .array(address)
    .default([])
    .describe(
      "Addresses that go from director to director with the VIPs: the gateways of real servers behind nat, one a network. Default: a free one.",
    ),
});
