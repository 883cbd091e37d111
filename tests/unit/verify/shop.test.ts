import { resolveSite } from "../../../settings/resolve";
import type { HttpAnswer, RequestOptions, RunningSite } from "../../../running/runningSite";
import { ordersIn, shopClaims } from "../../../verify/content/shop";

const row = (product: string, orders: number) =>
  `<tr><td>${product}<td>24.90<td>${orders}<td><button name="product" value="1">Order</button></tr>`;

test("products and their orders are read from the page", () => {
  expect([
    ...ordersIn(`<table><tr><th>Product</tr>${row("Teapot", 3)}\n${row("Tea cup", 0)}</table>`),
  ]).toEqual([
    ["Teapot", 3],
    ["Tea cup", 0],
  ]);
});

const site = resolveSite("t", { content: "shop", services: [{ scheduler: "wrr" }] });

/** Each real server has its own orders; the VIP leads to rs2, which keeps `kept` of an order. */
function labOf(kept: number): RunningSite {
  const orders = new Map(site.realServers.map(({ address }) => [address, 4]));
  const [, second] = site.realServers;
  const get = (_path: string, { base, method }: RequestOptions): Promise<HttpAnswer> => {
    const host = new URL(base!).hostname;
    const address = orders.has(host) ? host : second!.address;
    if (method === "POST") orders.set(address, orders.get(address)! + kept);
    const body = Buffer.from(
      `${method === "POST" ? "Ordered: Teapot." : ""}${row("Teapot", orders.get(address)!)}`,
    );
    const headers = { "x-real-server": address === second!.address ? "rs2" : "rs1" };
    return Promise.resolve({ status: 200, headers, body });
  };
  return { site, get } as unknown as RunningSite;
}

test("an order through the VIP is found to count at the real server that took it", async () => {
  expect(await shopClaims(site)[0]!.prove(labOf(1))).toBe("Teapot; rs2 took an order and has one more");
});

test("an order that is lost is found out", async () => {
  await expect(shopClaims(site)[0]!.prove(labOf(0))).rejects.toThrow(
    "rs2 took the order; one more order has nobody",
  );
});
