// What comes before all other modules, as soon as it is here: the engine's worker loads beside them.

import { allowOwnWorkers } from "../shared/own_workers.js";
import { startEarly } from "./engine_worker.js";

allowOwnWorkers();
startEarly();
