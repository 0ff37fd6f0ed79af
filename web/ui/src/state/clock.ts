// The time, once a second, for everything that shows an age.
import { ref } from "vue";

export const nowS = ref(Date.now() / 1_000);
setInterval(() => (nowS.value = Date.now() / 1_000), 1_000);
