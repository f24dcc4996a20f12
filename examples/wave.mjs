/* A Node script that evaluates a network. From this folder:

       approximant fit "exp(-x)*sin(9*x)" --on x=0:2 --tol 1e-10 --out wave
       approximant export wave/model.safetensors wave.js --outside error
       node wave.mjs

   A browser imports the same module: <script type="module">import { value } from "./wave.js"</script>
*/
import { gradient, inside, selfTest, value } from "./wave.js";

const { passed, difference } = selfTest();
console.log(`self-test ${passed ? "passed" : "FAILED"}: ${difference} from the model`);
for (const x of [0, 0.5, 1, 1.5]) {
  const expected = Math.exp(-x) * Math.sin(9 * x);
  console.log(`f(${x}) = ${value([x])[0].toFixed(10)}, expected ${expected.toFixed(10)}`);
}
console.log(`slope at 0.5: ${gradient([0.5])[0][0].toFixed(7)}`);
console.log(`2.5 lies ${inside([2.5]) ? "inside" : "outside"} the domain`);
