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
      "Type of the health check. Default: the application of the service (http, https, else tcp); no check for udp and sctp.",
    ),
  path: z
    .string()
    .regex(/^\/\S*$/, { error: "write a path such as /readyz" })
    .default("/readyz")
    .describe(
      "http and https: path of the request. `/readyz` also fails on a real server that lacks its VIP.",
    ),
  status: whole(100, 599).default(200).describe("http and https: the expected status code."),
  host: z
    .string()
    .regex(/^[a-zA-Z0-9.:[\]-]+$/, { error: "write a host name such as www.example.org" })
    .optional()
    .describe(
      "http and https: the Host header; for https also the server name (SNI). Default: the name of the site.",
    ),
  script: z
    .string()
    .optional()
    .describe(
      "script: path of a program on your machine. It is copied to the directors and called there with RIP and port; exit status 0 means healthy.",
    ),
  intervalSeconds: whole(1, 3600).default(2).describe("Time between two checks of a real server."),
  timeoutSeconds: whole(1, 3600).optional().describe("Timeout of one check. Default: `intervalSeconds`."),
  retries: whole(1, 100)
    .default(3)
    .describe("Number of failed checks in a row after which the real server is taken out."),
  onFailure: z
    .enum(["remove", "inhibit"])
    .default("remove")
    .describe(
      "What happens to an unhealthy real server: `remove` deletes it from the IPVS table, `inhibit` sets its weight to 0.",
    ),
  minHealthy: share
    .default(1)
    .describe(
      "http and https: this many real servers, or this share of them, stay in the pool while they still answer `/healthz`, so that a fault which they all share does not empty the pool.",
    ),
});

export const sorryServer = z.strictObject({
  on: z
    .enum(["director", "machine"])
    .default("director")
    .describe("Where the sorry page is served: on the directors, or on its own machine, `sorry`."),
  address: address
    .optional()
    .describe("The address of the machine `sorry`. Default: the address plan picks one."),
  retryAfterSeconds: whole(1, 86_400)
    .default(30)
    .describe("`Retry-After` header of the sorry page, which has status 503."),
});

export const vrrp = z.strictObject({
  advertSeconds: seconds(0.05, 40)
    .default(1)
    .describe(
      "Time between two VRRP advertisements of the master. The backup takes over after three missing ones plus its skew time.",
    ),
  routerId: whole(1, 255)
    .optional()
    .describe("Virtual router identifier (VRID). Default: computed from the stack's name."),
  gateways: z
    .array(address)
    .default([])
    .describe(
      "Addresses that move between the directors together with the VIPs: the gateways of real servers behind nat, one per network. Default: a free address.",
    ),
});
