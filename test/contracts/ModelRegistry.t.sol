// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IModelRegistry, Model, ModelPublication} from "../../contracts/interfaces/IModelRegistry.sol";
import {ModelRegistry} from "../../contracts/ModelRegistry.sol";
import {ModelId} from "../../contracts/types/Ids.sol";
import {TestBase} from "./support/TestBase.sol";

/// @notice Properties; each function's reverts and events: ModelRegistry.tree.
contract ModelRegistryTest is TestBase {
    uint256 private constant PUBLISHER_KEY = 0xA11CE;
    bytes32 private constant PUBLICATION_TYPEHASH = keccak256(
        "ModelPublication(address publisher,string name,string version,bytes32 manifestDigest,bytes32 signingRoot,string uri,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant RETIREMENT_TYPEHASH = keccak256(
        "ModelRetirement(bytes32 modelId,string reason,uint256 nonce,uint256 deadline)"
    );

    ModelRegistry private registry;
    address private publisher;

    function setUp() external {
        vm.warp(1_800_000_000);
        registry = new ModelRegistry();
        publisher = vm.addr(PUBLISHER_KEY);
    }

    /// @dev A (publisher, name, version) never points to other content, whatever is tried; another publisher is free.
    function testFuzz_AVersionKeepsItsContent(ModelPublication calldata p, bytes32 other, address stranger) external {
        if (bytes(p.name).length == 0 || bytes(p.version).length == 0 || p.manifestDigest == 0 || other == 0) return;
        if (stranger == address(this)) return;
        ModelId id = registry.publish(p);
        vm.assertTrue(id == registry.versionOf(address(this), p.name, p.version), "found");
        ModelPublication memory again = p;
        again.manifestDigest = other;
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_VersionTaken.selector, id));
        registry.publish(again);
        vm.prank(stranger);
        ModelId theirs = registry.publish(again);
        vm.assertFalse(id == theirs, "bound to its publisher");
        vm.assertTrue(id == registry.versionOf(address(this), p.name, p.version), "unchanged");
        vm.assertEq(registry.modelOf(id).manifestDigest, p.manifestDigest);
        vm.assertEq(registry.modelOf(theirs).publisher, stranger);
    }

    function testFuzz_Pages(uint8 count, uint8 offset, uint8 limit) external {
        uint256 total = bound(count, 0, 12);
        ModelId[] memory ids = new ModelId[](total);
        for (uint256 i = 0; i < total; ++i) {
            vm.prank(address(uint160(1 + i)));
            ids[i] = registry.publish(ModelPublication("name", "1", "digest", 0, ""));
        }
        vm.assertEq(registry.modelCountOf("digest"), total);
        ModelId[] memory page = registry.modelsOf("digest", offset, limit);
        uint256 left = offset < total ? total - offset : 0;
        vm.assertEq(page.length, left < limit ? left : limit);
        for (uint256 i = 0; i < page.length; ++i) vm.assertTrue(page[i] == ids[offset + i], "in order");
        vm.assertEq(registry.modelsOf("digest", type(uint256).max, type(uint256).max).length, 0);
    }

    function test_BySignature() external {
        ModelPublication memory p = ModelPublication("name", "1", "digest", "root", "uri");
        bytes memory signature = _signsPublication(p, 0);
        ModelId id = registry.publishBySig(publisher, p, 0, 4e9, signature);
        vm.assertTrue(id == registry.modelIdOf(publisher, "name", "1", "digest"), "the publisher's");
        bytes32 message = keccak256(abi.encode(RETIREMENT_TYPEHASH, id, keccak256("old"), 1, uint256(4e9)));
        signature = sign(PUBLISHER_KEY, digestOf(address(registry), message));
        vm.expectRevert(IModelRegistry.ModelRegistry_InvalidSignature.selector);
        registry.retireBySig(publisher, id, "new", 1, 4e9, signature);
        registry.retireBySig(publisher, id, "old", 1, 4e9, signature);
        Model memory model = registry.modelOf(id);
        vm.assertEq(model.retiredAt, 1_800_000_000);
        vm.assertEq(model.signingRoot, bytes32("root"));
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_DeadlinePassed.selector, 5, 1_800_000_000));
        registry.retireBySig(publisher, id, "old", 2, 5, signature);
    }

    function test_RevertWhen_RefusedByForm() external {
        vm.expectRevert(IModelRegistry.ModelRegistry_EmptyName.selector);
        registry.publish(ModelPublication("", "1", "digest", 0, ""));
        vm.expectRevert(IModelRegistry.ModelRegistry_ZeroManifestDigest.selector);
        registry.publish(ModelPublication("name", "1", 0, 0, ""));
    }

    function testFuzz_RevertWhen_AnotherRetires(address stranger) external {
        if (stranger == address(this)) return;
        ModelId id = registry.publish(ModelPublication("name", "1", "digest", 0, ""));
        bytes memory refusal = abi.encodeWithSelector(IModelRegistry.ModelRegistry_NotPublisher.selector, id, stranger);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        registry.retire(id, "");
        registry.retire(id, "");
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_AlreadyRetired.selector, id));
        registry.retire(id, "");
    }

    function _signsPublication(ModelPublication memory p, uint256 nonce) private view returns (bytes memory) {
        bytes32 message = keccak256(
            abi.encode(
                PUBLICATION_TYPEHASH,
                publisher,
                keccak256(bytes(p.name)),
                keccak256(bytes(p.version)),
                p.manifestDigest,
                p.signingRoot,
                keccak256(bytes(p.uri)),
                nonce,
                uint256(4e9)
            )
        );
        return sign(PUBLISHER_KEY, digestOf(address(registry), message));
    }
}
