"""What five pages claim, and the test that tries it. The left side stands in the page, word for word."""

CLAIMS: dict[str, dict[str, str]] = {
    "docs/cli.md": {
        "uses the server at `PUNA_HOST`": "cli/test_run.py::test_a_prompt_is_answered_with_and_without_a_server",
        "only `ps` and `stop` need a server": "cli/test_trouble.py::test_without_a_server_ps_and_stop_say_so",
        "when `PUNA_HOST` is another machine": (
            "cli/test_models.py::test_a_server_elsewhere_that_does_not_answer_is_an_error"
        ),
        "`puna serve": "cli/test_trouble.py::test_the_help_lists_all_variables",
        "`puna run": "cli/test_run.py::test_a_prompt_is_answered_with_and_without_a_server",
        "Downloads a missing model": "cli/test_run.py::test_a_near_name_is_told_but_pulled_all_the_same",
        "Piped text is added to the prompt": "cli/test_run.py::test_a_prompt_comes_through_a_pipe",
        "piped picture is shown to a vision model": "documentation/test_snippets.py::test_a_command_succeeds",
        "prints the vector of the prompt as JSON": (
            "documentation/test_claims.py::test_an_embedding_model_prints_a_vector"
        ),
        "An image model writes [a picture](images.md) to a file": (
            "engines/images/test_drawing.py::test_the_command_writes_a_file_and_says_where"
        ),
        "`--insecure` allows [other servers](remote.md) without HTTPS": (
            "library/test_remote.py::test_another_machine_is_asked_without_encryption_only_if_that_is_wanted"
        ),
        "`puna create": "cli/test_models.py::test_files_are_sent_and_quantized",
        "`-f -` reads standard input": "cli/test_models.py::test_files_are_sent_and_quantized",
        "`puna show": "cli/test_models.py::test_a_model_is_shown_in_sections_and_by_parts",
        "`--verify` checks its files": "cli/test_models.py::test_verify_names_the_damaged_file",
        "adds all metadata and tensors": "cli/test_models.py::test_a_model_is_shown_in_sections_and_by_parts",
        "`puna list": "cli/test_models.py::test_models_are_listed_copied_and_removed",
        "`puna cp": "cli/test_models.py::test_an_application_gets_its_model_from_cp",
        "`puna rm": "cli/test_models.py::test_models_are_listed_copied_and_removed",
        "`puna pull": "api/ollama/test_transfers.py::test_the_command_pulls_without_a_server",
        "An interrupted download is resumed": (
            "library/registry/test_pull.py::test_a_pull_that_is_killed_five_times_goes_on_each_time"
        ),
        "`puna push": "api/ollama/test_transfers.py::test_the_commands_push_and_pull_with_a_real_registry",
        "`puna ps": "cli/test_run.py::test_models_in_memory_are_listed_and_stopped",
        "`puna stop": "cli/test_run.py::test_models_in_memory_are_listed_and_stopped",
        "`puna launch": "cli/test_launch.py::test_every_tool_is_pointed_at_the_server_and_the_model",
        "or any other program, with this server": (
            "cli/test_launch.py::test_other_programs_get_what_most_of_them_read"
        ),
        "`--dry-run` only prints the command": (
            "cli/test_launch.py::test_what_would_be_started_can_be_printed_for_a_tool_that_is_not_there"
        ),
        "the newest that can call tools": (
            "cli/test_launch.py::test_without_a_model_it_is_the_newest_that_calls_tools"
        ),
        "one runs as long as the tool does and logs to `launch.log`": (
            "cli/test_launch.py::test_a_server_is_started_where_none_runs_and_ends_with_the_tool"
        ),
        "`puna bench": "cli/test_bench.py::test_a_model_is_measured",
        "`puna engine": "builds/test_builds.py::test_the_commands_tell_of_the_engine_and_its_builds",
        "`puna signin": "cli/test_models.py::test_signin_makes_a_key_once_and_says_where_to_register_it",
        "print JSON with `--json`": "cli/test_models.py::test_json_is_for_programs",
        "`--format json`": "cli/test_run.py::test_an_answer_has_the_form_that_is_asked_for_and_its_timings",
        "`--think`": "cli/test_run.py::test_think_takes_a_level_or_none",
        "`--hidethinking`": "documentation/test_claims.py::test_thinking_is_shown_unless_it_is_hidden",
        "`--keepalive 5m`": "cli/test_run.py::test_models_in_memory_are_listed_and_stopped",
        "Markdown is rendered on a terminal": "cli/test_markdown.py::test_it_is_rendered_once_however_it_comes",
        "plain text of the model": "cli/test_run.py::test_a_prompt_comes_through_a_pipe",
        "exit code 1": "cli/test_models.py::test_errors_are_one_helpful_line",
        "or 2 for wrong usage": "cli/test_models.py::test_help_names_every_command_and_a_mistake_the_nearest",
        "`puna help COMMAND`": "cli/test_models.py::test_help_names_every_command_and_a_mistake_the_nearest",
        "remembers what was said": "cli/test_interactive.py::test_a_saved_session_goes_on",
        "begins and ends a message of several lines": (
            "cli/test_interactive.py::test_a_message_may_have_several_lines"
        ),
        "write its path": "cli/test_pictures.py::test_a_picture_is_taken_out_of_the_text",
        "Ctrl-C stops the answer and keeps": (
            "cli/test_interactive.py::test_ctrl_c_ends_the_answer_and_not_the_session"
        ),
        "Ctrl-D exits": "cli/test_interactive.py::test_ctrl_c_ends_the_answer_and_not_the_session",
        "`/set parameter": "cli/test_interactive.py::test_what_is_said_is_answered_and_saved",
        "`/set system": "cli/test_interactive.py::test_a_message_may_have_several_lines",
        "`/set format": "cli/test_interactive.py::test_what_is_set_acts_and_can_be_unset",
        "`/set think": "cli/test_slash.py::test_what_is_set_is_part_of_the_conversation",
        "`/set verbose": "cli/test_interactive.py::test_what_is_set_acts_and_can_be_unset",
        "`/set wordwrap": "documentation/test_claims.py::test_switches_of_a_session_say_what_they_are",
        "`/set history": "cli/test_interactive.py::test_what_is_typed_is_there_in_the_next_session",
        "`/show info": "cli/test_interactive.py::test_mistakes_are_said_and_the_session_goes_on",
        "`/load": "cli/test_interactive.py::test_a_saved_session_goes_on",
        "`/save": "cli/test_interactive.py::test_what_is_said_is_answered_and_saved",
        "`/clear`": "cli/test_interactive.py::test_what_is_said_is_answered_and_saved",
        "`/?`": "cli/test_slash.py::test_every_command_is_completed_and_every_shown_one_explained",
        "`/bye`": "cli/test_interactive.py::test_what_is_said_is_answered_and_saved",
        "`docker login`": "library/registry/test_push.py::test_credentials_are_docker_logins_and_hugging_faces",
        "`id_ed25519` in `PUNA_HOME`": "library/registry/test_signature.py::test_the_key_is_punas_own_or_ollamas",
        "Commands, options and names of models": "cli/test_completion.py::test_tab_completes",
    },
    "docs/modelfile.md": {
        "prints its Modelfile": "cli/test_models.py::test_a_shown_modelfile_makes_the_same_model",
        "in one or three double quotes it may span lines": (
            "library/test_modelfile.py::test_an_argument_is_quoted_or_goes_to_the_end_of_the_line"
        ),
        "Errors name the line": "library/test_modelfile.py::test_an_error_has_its_line",
        "`FROM`": "library/test_creation.py::test_a_modelfile_makes_the_model_that_it_describes",
        "a folder of safetensors": "library/conversion/test_llama.py::test_a_folder_makes_a_model",
        "`PARAMETER`": "library/test_modelfile.py::test_every_instruction_is_read",
        "`TEMPLATE`": "library/test_template.py::test_the_engine_renders_it_alike",
        "`SYSTEM`": "library/test_creation.py::test_a_modelfile_makes_the_model_that_it_describes",
        "`ADAPTER`": "api/ollama/test_creation.py::test_a_model_from_another_one_with_all_it_may_have",
        "`DRAFT`": "library/test_creation.py::test_a_modelfile_makes_the_model_that_it_describes",
        "`MESSAGE`": "cli/test_interactive.py::test_a_saved_session_goes_on",
        "`KEY`": "library/test_remote.py::test_addresses_and_their_keys",
        "`OVERFLOW`": "library/test_remote.py::test_a_model_here_and_elsewhere",
        "`LICENSE`": "library/test_modelfile.py::test_every_instruction_is_read",
        "`RENDERER`, `PARSER`": "library/test_modelfile.py::test_the_names_of_formats_are_kept",
        "`REQUIRES`": "library/test_modelfile.py::test_requires_is_a_version",
        "Paths are relative to the Modelfile": "cli/test_models.py::test_files_are_sent_and_quantized",
        "replaces what that model has": "library/test_creation.py::test_what_is_set_lies_over_the_base",
        "An unknown name, a value of the wrong type": "library/test_parameters.py::test_a_bad_line_is_refused",
        "a `mirostat` other than 0": ("library/test_modelfile.py::test_what_can_not_run_is_told_with_its_line"),
        "is lowered to it": "engines/llama/test_sizing.py::test_no_context_is_longer_than_the_model_was_trained_for",
        "is used as it is": "library/test_template.py::test_jinja_stays_as_it_is",
        "`range`, `if`, `with`": "library/test_template.py::test_every_construct",
        "`and or not eq": "documentation/test_claims.py::test_the_functions_of_templates_are_all_there",
        "refuses a template that uses anything else": (
            "library/test_template.py::test_what_has_no_translation_is_refused"
        ),
        "`BertModel`": "library/conversion/test_bert.py::test_all_mini_lm_embeds_as_the_original_does",
        "as `1_Pooling/config.json` says": (
            "library/conversion/test_bert.py::test_pooling_is_what_sentence_transformers_says"
        ),
        "`LlamaForCausalLM`": (
            "library/conversion/test_llama.py::test_a_converted_model_expects_what_the_original_does"
        ),
        "`Qwen2ForCausalLM`": (
            "library/conversion/test_llama.py::test_a_converted_model_expects_what_the_original_does"
        ),
        "refused by name": "library/conversion/test_llama.py::test_what_can_not_be_converted_is_named",
        "`--quantize` names another type": "documentation/test_claims.py::test_the_types_of_quantize_are_all_there",
    },
    "docs/configuration.md": {
        "`OLLAMA_NAME` is used": "test_settings.py::test_a_puna_variable_goes_before_its_ollama_namesake",
        "An empty variable counts as unset": "test_settings.py::test_a_puna_variable_goes_before_its_ollama_namesake",
        "with Ollama's values": "test_settings.py::test_other_values_of_ollama_work_as_ollama_takes_them",
        "`PUNA_API_KEYS` is an error": (
            "test_settings.py::test_a_value_that_cannot_be_used_is_an_error_naming_the_variable"
        ),
        "does not start, and names the variable": (
            "cli/test_trouble.py::test_folders_that_cannot_be_used_end_the_start"
        ),
        "warns about unknown names": "cli/test_trouble.py::test_unknown_variables_are_warned_of",
        "lists all variables": "cli/test_trouble.py::test_the_help_lists_all_variables",
        "`PUNA_HOST`": "test_settings.py::test_an_address_is_read_as_ollama_reads_it",
        "also as `https://host/path`": "test_settings.py::test_an_address_may_be_that_of_a_server_behind_another_one",
        "`PUNA_HOME`": "cli/test_trouble.py::test_folders_that_cannot_be_used_end_the_start",
        "`PUNA_NOHISTORY`": "documentation/test_claims.py::test_history_is_not_written_where_it_is_off",
        "`PUNA_MODELS`": "test_settings.py::test_the_models_are_in_the_home_unless_said_otherwise",
        "`PUNA_KEEP_ALIVE`": "test_settings.py::test_a_duration_is_read_as_go_writes_it",
        "`PUNA_CONTEXT_LENGTH`": (
            "engines/llama/test_sizing.py::test_a_context_that_is_asked_for_is_given_whatever_fits"
        ),
        "and at least 2048": "engines/llama/test_sizing.py::test_it_shrinks_to_what_fits_but_not_below_the_floor",
        "`PUNA_NUM_PARALLEL`": "test_reproducibility.py::test_one_request_after_another_says_the_same_in_company",
        "`PUNA_REPLICAS`": "test_replicas.py::test_two_requests_are_answered_side_by_side_by_two_engines",
        "`PUNA_SPECULATION`": "engines/llama/test_drafts.py::test_the_text_so_far_is_drafted_from",
        "`PUNA_FLASH_ATTENTION`": "engines/llama/test_sizing.py::test_flash_attention_is_what_the_setting_says",
        "`PUNA_KV_CACHE_TYPE`": "engines/llama/test_sizing.py::test_a_quantised_cache_is_smaller",
        "`PUNA_THREADS`": (
            "engines/llama/test_sizing.py::test_a_small_model_has_one_thread_unless_something_says_otherwise"
        ),
        "`PUNA_LLAMA_SERVER`": "engines/process/test_process.py::test_a_llama_server_binary_serves_the_same_way",
        "`PUNA_DATABASE_URL`": "state/test_sharing.py::test_what_one_server_stores_another_carries_on",
        "`PUNA_RESPONSES_MAX_AGE`": "state/test_responses.py::test_what_is_old_goes_but_no_chain_loses_its_beginning",
        "`PUNA_RESPONSES_MAX_COUNT`": "state/test_responses.py::test_what_is_too_much_goes_oldest_chain_first",
        "`PUNA_CONVERSATIONS_MAX_AGE`": "state/test_conversations.py::test_an_old_conversation_is_deleted",
        "`PUNA_IMAGE_HOSTS`": "images/test_fetch.py::test_this_machine_is_refused_unless_it_is_allowed",
        "`PUNA_MAX_REQUEST_SIZE`": "http/test_body.py::test_what_is_too_large_is_413_and_the_connection_goes_on",
        "Files that `create` uploads (`/api/blobs`) may have any size": (
            "http/test_body.py::test_files_may_have_any_size"
        ),
        "`PUNA_SCHEMA_ATTEMPTS`": (
            "structured/test_again.py::test_an_answer_that_never_fits_is_an_error_that_says_what_failed_where"
        ),
        "`PUNA_ORIGINS`": "serving/test_access.py::test_origins_can_be_allowed",
        "Those of this machine are always allowed": "serving/test_access.py::test_pages_of_this_machine_are_let_in",
        "and the files of the [page](page.md)": (
            "page/test_files.py::test_the_page_needs_no_key_and_what_it_asks_does"
        ),
        "`PUNA_API_KEYS`": "serving/test_access.py::test_keys_are_asked_for_where_some_are_set",
        "`PUNA_API_KEYS_FILE`": "serving/test_keys.py::test_a_key_for_some_models_sees_and_uses_no_others",
        "`PUNA_HOSTS`": "serving/test_keys.py::test_a_name_of_the_server_has_to_be_known_wherever_it_listens",
        "Addresses and names without a dot always work": (
            "serving/test_keys.py::test_a_name_of_the_server_has_to_be_known_wherever_it_listens"
        ),
        "`PUNA_TLS_CERT`": "serving/test_keys.py::test_tls",
        "`PUNA_TLS_KEY`": "serving/test_keys.py::test_tls",
        "`PUNA_MAX_TEXT_SIZE`": "http/test_limits.py::test_text_has_a_limit_of_its_own",
        "`PUNA_MAX_VALUES`": "http/test_limits.py::test_what_stands_in_texts_is_no_value",
        "`PUNA_MAX_PROPERTIES`": "http/test_limits.py::test_each_limit_has_its_own_error",
        "`PUNA_MAX_MESSAGES`": "http/test_limits.py::test_each_limit_has_its_own_error",
        "`PUNA_MAX_PARTS`": "http/test_limits.py::test_each_limit_has_its_own_error",
        "`PUNA_MAX_INPUTS`": "http/test_limits.py::test_each_limit_has_its_own_error",
        "`PUNA_MAX_TOOLS`": "http/test_limits.py::test_each_limit_has_its_own_error",
        "`PUNA_HEAD_TIMEOUT`": "serving/test_connection.py::test_what_does_not_come_whole_is_not_waited_for",
        "`PUNA_BODY_TIMEOUT`": "serving/test_connection.py::test_a_body_that_drips_is_not_waited_for",
        "`PUNA_READ_TIMEOUT`": "serving/test_connection.py::test_an_answer_that_nobody_reads_is_given_up",
        "`PUNA_IDLE_TIMEOUT`": "serving/test_connection.py::test_an_idle_connection_is_closed",
        "`PUNA_MAX_CONNECTIONS`": (
            "serving/test_connection.py::test_with_few_descriptors_honest_requests_are_answered_and_the_log_says_so"
        ),
        "at most 100 headers (431)": "serving/test_connection.py::test_large_headers_are_refused",
        "at most 64 KiB": "serving/test_connection.py::test_large_headers_are_refused",
        "foreign `Host` are refused": "serving/test_access.py::test_a_name_that_was_rebound_to_this_machine_is_not",
        "`Origin` of": "serving/test_access.py::test_pages_of_other_sites_are_not",
    },
    "docs/scheduling.md": {
        "85 % of the machine's memory": "documentation/test_claims.py::test_the_memory_limit_is_85_percent",
        "what the control group (a container) allows": (
            "documentation/test_claims.py::test_a_control_groups_limit_is_found"
        ),
        "is loaded beside the others": (
            "scheduler/test_scheduler.py::test_a_large_model_pushes_out_as_many_as_it_takes"
        ),
        "the least recently used first": (
            "scheduler/test_scheduler.py::test_idle_engines_go_least_recently_used_first"
        ),
        "have had their turn": (
            "scheduler/test_scheduler.py::test_an_engine_always_in_use_does_not_starve_another_model"
        ),
        "refused with both numbers": "scheduler/test_scheduler.py::test_a_model_larger_than_the_memory_is_refused",
        "given back to the system after loading": (
            "engines/llama/test_untouched.py::test_zeros_are_given_back_and_nothing_else_changes"
        ),
        "The default context is what the model was trained for": (
            "engines/llama/test_sizing.py::test_the_default_context_is_what_the_model_was_trained_for"
        ),
        "They share one KV cache": (
            "engines/llama/test_sizing.py::test_short_contexts_are_provided_for_every_sequence_and_long_ones_are_shared"
        ),
        "because others use the cache": "scheduler/test_scheduler.py::test_no_more_tokens_than_the_cache_has",
        "gets a second engine": (
            "scheduler/test_scheduler.py::test_a_replica_is_started_when_all_sequences_are_in_use"
        ),
        "clients take turns": "scheduler/test_queue.py::test_clients_alternate",
        "waits behind itself": "test_fairness.py::test_a_single_request_does_not_wait_behind_another_clients_flood",
        "the remote address together with whatever key it sends": (
            "documentation/test_claims.py::test_keys_tell_programs_of_one_machine_apart"
        ),
        "no later request takes the memory first": (
            "scheduler/test_scheduler.py::test_room_that_is_made_is_not_taken_by_who_comes_later"
        ),
        "shows both": "cli/test_run.py::test_models_in_memory_are_listed_and_stopped",
        "Each can also be set as `OLLAMA_…`": (
            "documentation/test_claims.py::test_settings_of_scheduling_can_have_ollamas_names"
        ),
        "`Retry-After`": "scheduler/test_scheduler.py::test_a_full_queue_refuses",
        "makes no progress while loading": "test_faults.py::test_a_hanging_load_is_ended",
        "Requests that have sent nothing yet are repeated": "test_faults.py::test_a_whole_answer_is_done_anew",
        "continue where they were": "test_faults.py::test_a_stream_of_text_goes_on_when_its_engine_is_lost",
        "end with an error event": "test_faults.py::test_a_stream_that_can_not_go_on_ends_with_an_error",
        "is not loaded for a minute": (
            "test_faults.py::test_a_model_whose_engine_crashes_again_and_again_is_set_aside"
        ),
        "answers new ones with 503": "test_faults.py::test_sigterm_finishes_what_runs_and_refuses_what_is_new",
        "a second signal stops it": "test_faults.py::test_a_second_signal_ends_at_once",
        "`PUNA_KEEP_ALIVE`": "scheduler/test_scheduler.py::test_keep_alive_of_a_request",
        "`PUNA_NUM_PARALLEL`": "scheduler/test_scheduler.py::test_no_more_requests_than_sequences",
        "`PUNA_REPLICAS`": "scheduler/test_scheduler.py::test_a_replica_is_started_when_all_sequences_are_in_use",
        "`PUNA_MAX_LOADED_MODELS`": "scheduler/test_scheduler.py::test_the_number_of_engines_can_be_limited",
        "`PUNA_MAX_QUEUE`": "scheduler/test_scheduler.py::test_a_full_queue_refuses",
        "`PUNA_PROMPT_CACHE`": "engines/llama/test_sizing.py::test_prompts_may_take_a_part_of_the_memory",
        "`PUNA_SAVE_PROMPTS`": "engines/llama/test_sizing.py::test_prompts_may_take_a_part_of_the_memory",
        "`PUNA_MEMORY`": "test_settings.py::test_memory_is_a_size_or_a_part_of_the_machines",
        "`PUNA_CONTEXT_LENGTH`": (
            "engines/llama/test_sizing.py::test_a_context_that_is_asked_for_is_given_whatever_fits"
        ),
        "`PUNA_LOAD_TIMEOUT`": "test_faults.py::test_a_hanging_load_is_ended",
        "`PUNA_CONNECT_TIMEOUT`": "engines/remote/test_several.py::test_a_server_that_takes_no_connection",
        "`PUNA_UPSTREAM_TIMEOUT`": "engines/remote/test_several.py::test_a_server_that_says_nothing_is_given_up",
        "`PUNA_CHECK_INTERVAL`": "engines/remote/test_several.py::test_one_that_is_down_is_shown_and_found_again",
        "`PUNA_STALL_TIMEOUT`": "test_faults.py::test_a_stream_of_text_goes_on_when_its_engine_is_lost",
        "`PUNA_SHUTDOWN_TIMEOUT`": "test_faults.py::test_the_time_to_finish_is_bounded",
        "`PUNA_ACCESS_LOG`": "observation/test_observer.py::test_the_access_log_can_be_switched_off",
        "`PUNA_LOG_FORMAT`": "observation/test_log.py::test_a_terminal_gets_text_and_a_file_json",
        "`PUNA_DEBUG`": "observation/test_observer.py::test_debugging_shows_bodies",
        "one line per request": "observation/test_log.py::test_a_request_is_one_short_line_for_a_person",
        "Elsewhere it is JSON": "observation/test_log.py::test_a_server_without_a_terminal_writes_json_only",
        "`X-Request-Id`": "observation/test_observer.py::test_a_request_keeps_the_id_it_came_with",
        "no prompts or answers": (
            "observation/test_observer.py::test_the_log_tells_what_a_request_took_and_nothing_of_what_was_said"
        ),
        "`GET /metrics`": "observation/test_observer.py::test_metrics_count_requests_tokens_loads_and_crashes",
    },
    "docs/clients.md": {
        "`OpenAIEmbeddings(…, check_embedding_ctx_length=False)`": (
            "clients/test_embedded_libraries.py::test_langchain_openai"
        ),
        "**A base URL without `/v1`** gets a 404 that says so": (
            "api/openai/test_errors.py::test_an_address_without_v1_gets_a_hint"
        ),
        "is named in the header `Puna-Ignored` and in the log": (
            "api/ollama/test_clients_habits.py::test_an_option_that_nobody_knows_is_named_in_a_header_and_the_log"
        ),
        "it is never truncated": "inference/test_length.py::test_nothing_is_tokenized",
        "it is refused again without being tokenized": "inference/test_refused.py::test_the_engine_is_asked_once",
    },
}
