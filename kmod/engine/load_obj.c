// SPDX-License-Identifier: GPL-2.0-only
/* Named objects and flowtables in transactions (nf_tables_newobj(),
 * nf_tables_newflowtable()). */
#include "change.h"

const struct skald_expr_ops *skald_obj_kind(u32 type)
{
	switch (type) {
	case NFT_OBJECT_COUNTER:
		return &skald_expr_counter;
	case NFT_OBJECT_QUOTA:
		return &skald_expr_quota;
	case NFT_OBJECT_CT_HELPER:
		return &skald_obj_ct_helper;
	case NFT_OBJECT_LIMIT:
		return &skald_expr_limit;
	case NFT_OBJECT_CONNLIMIT:
		return &skald_expr_connlimit;
	case NFT_OBJECT_TUNNEL:
		return &skald_obj_tunnel;
	case NFT_OBJECT_CT_TIMEOUT:
		return &skald_obj_ct_timeout;
	case NFT_OBJECT_SECMARK:
		return &skald_obj_secmark;
	case NFT_OBJECT_CT_EXPECT:
		return &skald_obj_ct_expect;
	case NFT_OBJECT_SYNPROXY:
		return &skald_expr_synproxy;
	default:
		return NULL;
	}
}

static void free_obj(struct skald_vm_obj *obj)
{
	skald_expr_free(obj->expr);
	kfree(obj->name);
	kfree(obj);
}

static int fill_obj(struct skald_load *load, struct skald_vm_obj *obj,
		    const struct skald_nla **tb, const char *name)
{
	const struct skald_expr_ops *ops = skald_obj_kind(obj->type);
	int err;

	if (!ops)
		return -EOPNOTSUPP;
	obj->table = load->table;
	obj->genmask = skald_vm_now_bit(load->vm);
	obj->handle = load->keeps_handles ? skald_nla_be64(tb[NFTA_OBJ_HANDLE])
					  : load->table->next_handle + 1;
	load->table->next_handle = max(load->table->next_handle, obj->handle);
	obj->name = skald_load_name(name);
	if (!obj->name)
		return -ENOMEM;
	obj->expr = skald_expr_new_kind(load, ops, tb[NFTA_OBJ_DATA], &err);
	return obj->expr ? 0 : err;
}

static int new_obj(struct skald_load *load, const struct skald_nla **tb,
		   const char *name, u32 type)
{
	struct skald_vm_obj *obj = kzalloc(sizeof(*obj), GFP_KERNEL);
	struct skald_change *change;
	int err;

	if (!obj)
		return -ENOMEM;
	obj->type = type;
	err = fill_obj(load, obj, tb, name);
	if (err)
		goto err_obj;
	err = -ENOMEM;
	change = skald_change_add(load, SKALD_CHANGE_OBJ, false);
	if (!change)
		goto err_obj;
	change->obj = obj;
	list_add_tail_rcu(&obj->list, &load->table->objs);
	return 0;

err_obj:
	if (!load->error[0])
		skald_load_refuse(load, err, "object", name);
	free_obj(obj);
	return err;
}

static int drop_obj(struct skald_load *load, struct skald_vm_obj *obj)
{
	struct skald_change *change;

	if (obj->use)
		return skald_load_refuse(load, -EBUSY, "in use: object",
					 obj->name);
	change = skald_change_add(load, SKALD_CHANGE_OBJ, true);
	if (!change)
		return -ENOMEM;
	change->obj = obj;
	obj->genmask |= skald_vm_next_bit(load->vm);
	return 0;
}

int skald_load_object(struct skald_load *load,
		      const struct skald_message *message)
{
	const struct skald_nla *tb[NFTA_OBJ_USERDATA + 1];
	struct skald_vm_obj *obj;
	const char *name;
	u32 type;
	int err = skald_nla_sort(message->attrs, message->len, tb,
				 ARRAY_SIZE(tb));

	if (!err)
		err = skald_load_find_table(load, message, tb[NFTA_OBJ_TABLE]);
	if (err)
		return err;
	name = skald_nla_string(tb[NFTA_OBJ_NAME], 256);
	type = skald_nla_be32(tb[NFTA_OBJ_TYPE]);
	if (!name)
		return -EINVAL;
	obj = skald_load_obj(load, name, type);
	if (skald_message_is_del(message))
		return obj ? drop_obj(load, obj) : -ENOENT;
	if (obj)
		return message->flags & NLM_F_EXCL ? -EEXIST : 0;
	return new_obj(load, tb, name, type);
}

static int new_flow(struct skald_load *load, const struct skald_nla **tb,
		    const char *name)
{
	const struct skald_nla *hook[NFTA_FLOWTABLE_HOOK_DEVS + 1];
	struct skald_vm_flowtable *flow;
	struct skald_change *change;
	int err = skald_nla_sort_nest(tb[NFTA_FLOWTABLE_HOOK], hook,
				      ARRAY_SIZE(hook));

	if (err)
		return err;
	flow = kzalloc(sizeof(*flow), GFP_KERNEL);
	if (!flow)
		return -ENOMEM;
	flow->table = load->table;
	flow->genmask = skald_vm_now_bit(load->vm);
	flow->hook = skald_nla_be32(hook[NFTA_FLOWTABLE_HOOK_NUM]);
	flow->priority =
		(s32)skald_nla_be32(hook[NFTA_FLOWTABLE_HOOK_PRIORITY]);
	flow->handle = skald_nla_be64(tb[NFTA_FLOWTABLE_HANDLE]);
	flow->name = skald_load_name(name);
	change = flow->name
			 ? skald_change_add(load, SKALD_CHANGE_FLOWTABLE, false)
			 : NULL;
	if (!change) {
		kfree(flow->name);
		kfree(flow);
		return -ENOMEM;
	}
	change->flowtable = flow;
	list_add_tail_rcu(&flow->list, &load->table->flowtables);
	return 0;
}

static int drop_flow(struct skald_load *load, struct skald_vm_flowtable *flow)
{
	struct skald_change *change;

	if (flow->use)
		return skald_load_refuse(load, -EBUSY, "in use: flowtable",
					 flow->name);
	change = skald_change_add(load, SKALD_CHANGE_FLOWTABLE, true);
	if (!change)
		return -ENOMEM;
	change->flowtable = flow;
	flow->genmask |= skald_vm_next_bit(load->vm);
	return 0;
}

int skald_load_flow(struct skald_load *load,
		    const struct skald_message *message)
{
	const struct skald_nla *tb[NFTA_FLOWTABLE_FLAGS + 1];
	struct skald_vm_flowtable *flow;
	const char *name;
	int err = skald_nla_sort(message->attrs, message->len, tb,
				 ARRAY_SIZE(tb));

	if (!err)
		err = skald_load_find_table(load, message,
					    tb[NFTA_FLOWTABLE_TABLE]);
	if (err)
		return err;
	name = skald_nla_string(tb[NFTA_FLOWTABLE_NAME], 256);
	if (!name)
		return -EINVAL;
	flow = skald_load_flowtable(load, name);
	if (skald_message_is_del(message))
		return flow ? drop_flow(load, flow) : -ENOENT;
	if (flow)
		return message->flags & NLM_F_EXCL ? -EEXIST : 0;
	return new_flow(load, tb, name);
}
