# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# bash completion for skald(1)

_skald_interfaces()
{
	local dir
	for dir in /sys/class/net/*; do
		printf '%s\n' "${dir##*/}"
	done
}

_skald_namespaces()
{
	local path
	printf '%s\n' host
	for path in /run/netns/* /run/docker/netns/*; do
		[[ -e $path ]] && printf '%s\n' "${path##*/}"
	done
}

# Numbers of the newest stories in the store that -d names.
_skald_stories()
{
	local i db=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} == -d || ${COMP_WORDS[i]} == --db ]] &&
			db=(-d "${COMP_WORDS[i + 1]}")
	done
	"${COMP_WORDS[0]}" list "${db[@]}" -n 200 --json 2>/dev/null |
		sed -n 's/^{"id": *\([0-9]*\).*/\1/p'
	printf '%s\n' last
}

_skald_classifiers()
{
	"${COMP_WORDS[0]}" debug list --json 2>/dev/null |
		grep -o '"id": *[0-9]*' | grep -o '[0-9]*$'
}

_skald_words()
{
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

_skald_files()
{
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}

# The value of the option before the cursor. Fails when it takes none.
_skald_value()
{
	local all=
	case $1 in
	-d | --db | --rules | --pcap)
		_skald_files
		;;
	--world)
		_skald_files
		[[ live == "$cur"* ]] && COMPREPLY+=(live)
		;;
	-i | --iif)
		_skald_words "$(_skald_interfaces)"
		;;
	-o | --oif | --output)
		if [[ $command == @(follow|debug|ask|replay) ]]; then
			_skald_words "$(_skald_interfaces)"
		else
			_skald_files
		fi
		;;
	--netns)
		[[ $command == @(doctor|snapshot|ask|replay) ]] || all=all
		_skald_words "$all $(_skald_namespaces)"
		;;
	--format | -f)
		_skald_words 'pcapng json csv'
		;;
	--hook)
		_skald_words 'prerouting output both'
		;;
	--source)
		_skald_words 'auto nft kmod'
		;;
	--pcapng)
		_skald_files
		;;
	--timeout)
		_skald_words "list $("$1" conntrack replay --timeout list 2>/dev/null |
			sed 's/ .*/=/')"
		;;
	-n | --count | -t | --time | -r | --rate | --sample | --first | --ttl | \
		--rule | -w | --where)
		COMPREPLY=()
		;;
	*)
		return 1
		;;
	esac
}

_skald_options()
{
	case $1 in
	follow)
		printf '%s ' --db --count --time --verbose --rate --iif --oif \
			--sample --hook --netns --source --json
		;;
	list)
		printf '%s ' --db --where --count --shapes --json
		;;
	show)
		printf '%s ' --db --verbose --json
		;;
	why)
		printf '%s ' --db --rule --world --verbose --json
		;;
	verify)
		printf '%s ' --db --where --world --json
		;;
	whatif)
		printf '%s ' --db --where --rules --world --json
		;;
	browse)
		printf '%s ' --db --where --ascii --mono --no-mouse
		;;
	export)
		printf '%s ' --db --where --format --output
		;;
	report)
		printf '%s ' --db --output
		;;
	debug)
		printf '%s ' --rate --iif --oif --sample --hook --netns \
			--source --first --ttl --json
		;;
	filter)
		printf '%s ' --json
		;;
	conntrack)
		printf '%s ' --states --pcapng --json --checksum --liberal \
			--ignore-invalid-rst --strict-pickup --dccp --no-time \
			--helpers-by-port --timeout --cut
		;;
	replay)
		printf '%s ' --world --rules --netns --iif --oif --db \
			--checksum --verbose --quiet --json
		;;
	snapshot)
		printf '%s ' --output --netns --rules --world
		;;
	ask)
		printf '%s ' --world --rules --netns --iif --oif --hex --pcap \
			--verbose --json
		;;
	status)
		printf '%s ' --db --json
		;;
	doctor)
		printf '%s ' --iif --netns --json
		;;
	esac
	printf '%s ' --help
}

# Words that are no options.
_skald_argument()
{
	case $command in
	show | report | why)
		_skald_words "$(_skald_stories)"
		;;
	filter)
		if [ "$COMP_CWORD" -eq 2 ]; then
			_skald_words 'help'
		else
			_skald_words "expression object match target $(
				"${COMP_WORDS[0]}" filter help 2>/dev/null |
					sed -n 's/^  \([^ ]*\) .*/\1/p')"
		fi
		;;
	conntrack)
		if [ "$COMP_CWORD" -eq 2 ]; then
			_skald_words 'replay check halfclose'
		else
			_skald_files
		fi
		;;
	debug)
		case ${COMP_WORDS[2]} in
		delete | del)
			_skald_words "$(_skald_classifiers)"
			;;
		add | list) ;;
		*)
			_skald_words 'add list delete'
			;;
		esac
		;;
	replay)
		_skald_files
		;;
	ask)
		_skald_words 'tcp udp udplite sctp icmp icmp6 ip ip6 flags ttl
			mark len mac vlan type code df dscp'
		;;
	help)
		_skald_words "$("${COMP_WORDS[0]}" --commands 2>/dev/null)"
		;;
	follow | doctor)
		_skald_words 'host net port tcp udp icmp icmp6 arp ip ip6 src
			dst and or not'
		;;
	esac
}

_skald()
{
	local cur=${COMP_WORDS[COMP_CWORD]}
	local before=${COMP_WORDS[COMP_CWORD - 1]}
	local command=${COMP_WORDS[1]}

	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		_skald_words "$("${COMP_WORDS[0]}" --commands 2>/dev/null) help
			--version"
		return
	fi
	_skald_value "$before" && return
	if [[ $cur == -* ]]; then
		_skald_words "$(_skald_options "$command")"
	else
		_skald_argument
	fi
}

complete -F _skald skald
