/** Claims about the shop: its products through every VIP, and an order that counts. */
import { type SiteSettings, bracketed } from "../../settings/site";
import type { RunningSite } from "../../running/runningSite";
import { type Claim, ensure } from "../claim";
import { type Entrance, entrancesOf, urlOf } from "../probing/entrances";
import { paired } from "../../settings/lists";

/** Orders by product, from the page of a shop. Each real server has its own shop. */
export function ordersIn(page: string): ReadonlyMap<string, number> {
  const rows = page.matchAll(/<tr><td>([^<]+)<td>[\d.,]+<td>(\d+)/g);
  return new Map([...rows].map(([, product = "", orders]) => [product, Number(orders)]));
}

const webOf = (site: SiteSettings): Entrance[] =>
  site.services.flatMap((service) => {
    const entrances = entrancesOf(site, service);
    const wanted = site.tls?.redirect ? "https" : "http";
    const web = entrances.find(({ application }) => application === wanted);
    return web ? [web] : [];
  });

/** Orders of the first product at each real server, requested at its own address. */
async function ordersOf(running: RunningSite, { service, application }: Entrance): Promise<number[]> {
  return Promise.all(
    service.destinations.map(async ({ address, port }) => {
      const base = `${application}://${bracketed(address)}:${port || service.port}/`;
      const { body } = await running.get("/", { base });
      return [...ordersIn(body.toString()).values()][0] ?? 0;
    }),
  );
}

export const shopClaims = (site: SiteSettings): Claim[] =>
  webOf(site).map((entrance) => ({
    id: `shop:${entrance.service.name}`,
    text: `${entrance.service.name}: the shop shows its products, and an order placed through the VIP counts`,
    async prove(running) {
      const base = urlOf(entrance);
      const { status, body } = await running.get("/", { base });
      const products = [...ordersIn(body.toString()).keys()];
      ensure(status === 200 && products.length > 0, `${base} is ${status} with ${products.length} products`);
      const before = await ordersOf(running, entrance);
      const order = await running.get("/", {
        base,
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: "product=1",
      });
      const server = String(order.headers["x-real-server"]);
      ensure(
        order.status === 200 && order.body.toString().includes("Ordered:"),
        `it was answered ${order.status}`,
      );
      const counts = paired(before, await ordersOf(running, entrance));
      const grown = paired(entrance.service.destinations, counts).flatMap(([{ name }, [was, is]]) =>
        is === was + 1 ? [name] : [],
      );
      ensure(
        grown.join() === server,
        `${server} took the order; one more order has ${grown.join(", ") || "nobody"}`,
      );
      return `${products.join(", ")}; ${server} took an order and has one more`;
    },
  }));
