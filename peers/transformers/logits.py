"""Answers questions about model directories, each a line on standard input, each answer a line on standard output:

  {"model": "dir", "row": [1, 403, 407], "adapter": "dir", "again": "dir"}

with the logits after each id of the row, in fp32, as a JSON list of lists. `adapter`: a PEFT adapter to put on the
model; `again`: where to save the model as transformers does. Both may be absent. With "random": true the directory has
a config.json only, and the model has random weights.

  python logits.py < questions.jsonl
"""

import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from peft import PeftModel
from transformers import AutoConfig, AutoModelForCausalLM, logging

logging.set_verbosity_error()
logging.disable_progress_bar()

for line in sys.stdin:
    question = json.loads(line)
    if question.get("random"):
        torch.manual_seed(0)
        config = AutoConfig.from_pretrained(question["model"])
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32, attn_implementation="eager")
        for parameter in model.parameters():
            parameter.data += 0.3 * torch.randn_like(parameter)
    else:
        model = AutoModelForCausalLM.from_pretrained(
            question["model"], dtype=torch.float32, attn_implementation="eager"
        )
    if "again" in question:
        model.save_pretrained(question["again"])
    if "adapter" in question:
        model = PeftModel.from_pretrained(model, question["adapter"])
    with torch.no_grad():
        logits = model.eval()(torch.tensor([question["row"]])).logits[0]
    print(json.dumps(logits.tolist()), flush=True)
