import { memoryInstances } from "../../shared/adapters/memory/instances.ts";
import { instancesContract } from "./instances.ts";

instancesContract("memory", async () => ({
  instances: memoryInstances([
    { id: "es-cn-a", version: "6.7", status: "active" },
    { id: "es-cn-b", version: "6.7", status: "active" },
    { id: "es-cn-c", version: "5.5.3", status: "inactive" },
  ]),
}));
