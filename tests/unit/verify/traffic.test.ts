import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { VirtualServiceSettings } from "../../../settings/site";
import type { Entrance } from "../../../verify/probing/entrances";
import { slowDownload, requestsDuring } from "../../../verify/probing/traffic";
import { type Balancer, balancer, vip } from "./balancer";

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe("requests during an event", () => {
  let running: Balancer;
  let entrance: Entrance;
  beforeEach(async () => {
    running = await balancer({ scheduler: "rr", weights: [1, 1] });
    const service = running.site.services[0];
    entrance = { service, vip, port: service.port, application: "http" };
  });
  afterEach(() => running.close());

  test("goes on until something else has ended, and tells who answered", async () => {
    const site = running.running;
    const get = site.get.bind(site);
    let asked = 0;
    site.get = (...args) => {
      asked += 1;
      return get(...args);
    };
    const fifth = async () => {
      while (asked < 5) await pause(10);
      return "done";
    };
    const { result, servers, failures } = await requestsDuring(site, entrance, fifth, 10);
    expect(result).toBe("done");
    expect(failures).toEqual([]);
    expect(servers.length).toBeGreaterThan(3);
    expect(servers.slice(0, 4)).toEqual(["rs2", "rs1", "rs2", "rs1"]);
  });

  test("tells every failure with its time", async () => {
    const { failures } = await requestsDuring(
      running.running,
      entrance,
      async () => {
        await pause(60);
        running.close();
        await pause(60);
      },
      10,
    );
    expect(failures[0]).toMatch(/^after 0\.\d s: .*(ECONN|hang up)/);
  });
});

describe("a slow download", () => {
  const mebibytes = (count: number) => Buffer.alloc(count * 1_048_576);
  const served = async (bytes: number, cut = false) => {
    const web = createServer((_request, response) => {
      response.writeHead(200, { "X-Real-Server": "rs1", ...(cut && { "Content-Length": 4 * 1_048_576 }) });
      response.write(mebibytes(1));
      if (cut) setTimeout(() => response.destroy(), 50);
      else response.end(mebibytes(bytes - 1));
    });
    await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
    const { port } = web.address() as AddressInfo;
    const service = {} as VirtualServiceSettings;
    try {
      const download = await slowDownload({ service, vip: "127.0.0.1", port, application: "http" });
      const whole = await download.whole.catch((error: Error) => error.message);
      return { server: download.server, whole };
    } finally {
      web.close();
      web.closeAllConnections();
    }
  };

  test("that comes whole tells how long it took", async () => {
    const { server, whole } = await served(4);
    expect(server).toBe("rs1");
    expect(whole).toBeLessThan(5);
  });

  test("that ends early is no success", async () => {
    expect((await served(3)).whole).toBe("the download from rs1 ended after 3145728 bytes");
  });

  test("that is cut off is no success", async () => {
    expect((await served(4, true)).whole).toBe("terminated");
  });
});
